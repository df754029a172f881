// What hostile programs say to the broker, read by everything that reads it: greetings, requests, name queries. Beside crashes, the promises:
// nothing is passed on or used up that is not there; what is passed does not depend on how the bytes arrive; a hello that is whole in one piece
// is whole with more behind it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "egress/client_hello.h"
#include "egress/name.h"
#include "egress/names.h"
#include "egress/proxy.h"
#include "egress/stream_check.h"

namespace {

using namespace checkrein::egress;  // NOLINT: a program of its own

// Feeds `text` in pieces of at most `piece` bytes; answers how much passed, and whether it was refused.
struct Passed {
  size_t bytes = 0;
  bool refused = false;
  bool operator==(const Passed&) const = default;
};
Passed Feed(std::string_view text, size_t piece) {
  StreamCheck check("a.example");
  Passed passed;
  for (size_t have = 0; have < text.size() && !passed.refused;) {
    have += std::min(piece, text.size() - have);
    for (bool moved = true; moved && !passed.refused;) {
      const std::string_view pending = text.substr(passed.bytes, have - passed.bytes);
      const StreamCheck::Answer answer = check.Look(pending);
      if (answer.pass > pending.size()) std::abort();
      passed.bytes += answer.pass;
      passed.refused = !answer.refused.empty();
      moved = answer.pass > 0 && passed.bytes < have;
    }
  }
  return passed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Passed whole = Feed(text, size + 1);
  const Passed pieces = Feed(text, 1 + size / 7);
  if (whole.refused != pieces.refused && size <= kMaxHeadBytes) std::abort();
  if (!whole.refused && !(whole == pieces)) std::abort();

  const ClientHello hello = ReadClientHello(text);
  if (hello.state == ClientHello::State::kWhole && ReadClientHello(std::string(text) + "more").name != hello.name) std::abort();

  ProxyGreeting greeting;
  for (size_t at = 0; at < size;) {
    const ProxyGreeting::Answer answer = greeting.Look(text.substr(at));
    if (answer.take > size - at) std::abort();
    if (answer.ready && CanonicalHost(greeting.where().host) != greeting.where().host) std::abort();
    if (answer.take == 0 || answer.ready || answer.refused) break;
    at += answer.take;
  }

  if (const std::optional<NameQuery> query = ReadQuery(text)) {
    const std::string yes = AnswerWith(*query, 0x0100007f), no = AnswerNoSuchName(*query);
    if (yes.size() > 1024 || no.size() > 1024) std::abort();
    if (!query->name.empty() && CanonicalName(query->name) != query->name) std::abort();
  }
  return 0;
}
