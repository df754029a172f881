#include "cli/seat.h"

#include <grp.h>
#include <unistd.h>

#include "base/clock.h"
#include "monitor/channel.h"
#include "monitor/protocol.h"
#include "monitor/service.h"

namespace checkrein::cli {
namespace {

constexpr int64_t kAnswerWithinNs = 10'000'000'000;
constexpr size_t kMaxPasswdBytes = 16u << 20;

Status Ask(int socket, const std::string& message) {
  if (Status sent = monitor::SendMessage(socket, message, {}); !sent) return sent;
  const Result<monitor::Message> answer = monitor::ReceiveMessage(socket, MonotonicNanos() + kAnswerWithinNs);
  if (!answer) return answer.error();
  const std::optional<monitor::Ended> ended = monitor::DecodeEnded(answer->bytes);
  if (!ended) return Error{Error::Kind::kInternal, "the service gave an answer that is none"};
  if (ended->exit_code != 0) return Error{Error::Kind::kDenied, ended->error};
  return Done{};
}

// Nothing of root is left: what that user's files lead to is done with that user's rights.
Status Become(const monitor::Account& account) {
  if (initgroups(account.name.c_str(), account.gid) != 0 || setresgid(account.gid, account.gid, account.gid) != 0 || setresuid(account.uid, account.uid, account.uid) != 0)
    return SystemError("become " + account.name, errno);
  return Done{};
}

}  // namespace

Result<Seat> Seat::Look(const PlacesOptions& options) {
  Seat seat;
  Result<monitor::Places> places = options.Find();
  if (!places) return places.error();
  seat.places = std::move(places).take();
  return seat;
}

Result<Seat> Seat::Take(const PlacesOptions& options, const std::string& of, const std::string& what) {
  Seat seat;
  // Whatever --state names: an agent could name its user's.
  const Result<std::optional<std::string>> service = monitor::InstalledService();
  if (!service) return service.error();
  if (!*service && !of.empty()) return Error{Error::Kind::kInvalid, "--of is for a system installation, and there is none here"};
  if (*service) {
    const Result<Fd> asking = monitor::ConnectTo(**service);
    if (!asking) return Error{Error::Kind::kDenied, "the system service does not answer: " + asking.error().text};
    if (const Status may = Ask(asking->get(), monitor::EncodeMay(what)); !may) return may.error();
    if (of.empty()) return Error{Error::Kind::kInvalid, what + ": say whose changes: --of USER"};
    const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxPasswdBytes);
    if (!passwd) return passwd.error();
    const std::optional<monitor::Account> account = monitor::FindAccountByName(*passwd, of);
    if (!account) return Error{Error::Kind::kInvalid, of + ": no user of this machine"};
    Result<Fd> telling = monitor::ConnectTo(**service);  // who connected is what counts
    if (!telling) return telling.error();
    seat.service = std::move(telling).take();
    seat.uid = account->uid;
    if (const Status became = Become(*account); !became) return became.error();
  }
  Result<monitor::Places> places = options.Find();
  if (!places) return places.error();
  seat.places = std::move(places).take();
  return seat;
}

Status Seat::Record(monitor::Monitor& monitor, json::Value record) {
  monitor.Redact(record);
  if (service.valid()) return Ask(service.get(), monitor::EncodeSettled(uid, record));
  const Result<uint64_t> index = monitor.Record(std::move(record));
  return index ? Status(Done{}) : Status(index.error());
}

}  // namespace checkrein::cli
