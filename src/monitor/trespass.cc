#include "monitor/trespass.h"

#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

std::string_view Words(Trespass what) {
  switch (what) {
    case Trespass::kPersonsRequest: return "something inside asked for what only a person may do";
    case Trespass::kMalformed: return "something inside sent what is no message";
    case Trespass::kOutOfTurn: return "something inside sent a message out of turn";
    case Trespass::kTicket: return "something inside gave a ticket that is not good";
    case Trespass::kDescriptors: return "something inside sent descriptors that are refused";
    case Trespass::kFlood: return "something inside holds as many conversations as there are";
  }
  return "";
}

}  // namespace

std::optional<FindingFacts> Trespasses::Note(Trespass what, std::string_view detail, int64_t now_ns) {
  std::string line(Words(what));
  if (!detail.empty()) line += ": " + Clip(std::string(detail), kShortText);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  const std::optional<int64_t> before = repeats_.Count(line, now_ns);
  if (!before) return std::nullopt;
  FindingFacts facts;
  if (*before > 0) facts.evidence.push_back("left out since the last time: " + std::to_string(*before));
  facts.what = std::move(line);
  return facts;
}

}  // namespace checkrein::monitor
