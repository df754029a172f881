// Whatever the bytes and whichever the client: an event or an error, and every answer to it is either a denial in its one form
// or one line of JSON that reads back. The first byte chooses the client.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/answer.h"
#include "agent/read.h"

namespace {

using checkrein::agent::Answer;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckWire(const checkrein::agent::Wire& wire) {
  const bool denial = wire.out.empty() || wire.out.starts_with("{\"permissionDecision\":\"deny\",");
  if (wire.exit_code == 2) Check(denial && wire.err.size() > 1 && wire.err.find('\n') == wire.err.size() - 1);
  else Check(wire.exit_code == 0 && (wire.out.empty() || checkrein::json::Parse(wire.out).ok()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto client = static_cast<checkrein::agent::Client>(data[0] % 5);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view name = client == checkrein::agent::Client::kCopilot ? "preToolUse" : "";
  const auto event = checkrein::agent::ReadEvent(client, name, bytes);
  if (!event) {
    CheckWire(checkrein::agent::WriteRefusal(event.error().text));
    return 0;
  }
  for (const auto kind : {Answer::Kind::kDeny, Answer::Kind::kAsk, Answer::Kind::kRewrite, Answer::Kind::kAllow, Answer::Kind::kNothing})
    CheckWire(checkrein::agent::WriteAnswer(*event, Answer{kind, event->text, "hook exec T"}));
  return 0;
}
