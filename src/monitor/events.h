// Events of many connections, judged side by side and recorded with one write: what the supervisor and the service have in common.
//
// A Connection has `socket`, `asked` (a submission that waits, if any) and `event` (the case that is judged, if any).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "monitor/channel.h"
#include "monitor/monitor.h"
#include "monitor/protocol.h"

namespace checkrein::monitor {

// Begins what was asked, with at most `most` under way; concludes what is judged, answers it and drops its connection. `begin` makes a case of
// a connection and its submission. `frozen`: the answer to all then, for nothing new may start, whatever was judged; nullptr: it is not.
template <typename Connections, typename Begin>
void AnswerEventsOf(Connections& connections, size_t most, const Begin& begin, const char* frozen) {
  size_t begun = 0;
  for (const auto& c : connections) begun += c.event ? size_t{1} : size_t{0};
  std::vector<Monitor::Case*> judged;
  for (auto& c : connections) {
    if (c.asked && begun < most) {
      c.event = begin(c, *std::exchange(c.asked, std::nullopt));
      ++begun;
    }
    if (c.event && c.event->Step()) judged.push_back(c.event.get());
  }
  if (judged.empty()) return;
  Monitor::Conclude(judged);
  for (auto c = connections.begin(); c != connections.end();) {
    if (!c->event || c->event->state != Monitor::Case::State::kAnswered) {
      ++c;
      continue;
    }
    const agent::Wire wire = frozen != nullptr ? agent::WriteRefusal(frozen) : std::move(c->event->answer);
    [[maybe_unused]] const Status sent = SendMessage(c->socket.get(), EncodeAnswer(wire), {});
    c = connections.erase(c);
  }
}

}  // namespace checkrein::monitor
