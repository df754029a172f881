#include "report/story.h"

#include <algorithm>
#include <vector>

#include "report/row.h"
#include "report/text.h"

namespace checkrein::report {
namespace {

constexpr size_t kMaxLines = 3;
constexpr size_t kIndent = 6;
constexpr size_t kLabelWidth = 11;
constexpr std::string_view kRed = "31", kGreen = "32", kYellow = "33", kCyan = "36", kDim = "2", kBold = "1";

std::string Padded(std::string_view text, size_t width) {
  std::string out(text);
  while (out.size() < width) out += ' ';
  return out;
}

// Columns that `text` takes, roughly: one for each character.
size_t Columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Breaks `text` at spaces into lines of at most `width` columns; what is more than kMaxLines ends in an ellipsis.
std::vector<std::string> Wrap(const std::string& text, size_t width) {
  std::vector<std::string> lines(1);
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    std::string word = text.substr(at, end - at);
    if (Columns(lines.back()) + Columns(word) + 1 > width && !lines.back().empty()) {
      if (lines.size() == kMaxLines) {
        lines.back() += " …";
        return lines;
      }
      lines.emplace_back();
    }
    if (!lines.back().empty()) lines.back() += ' ';
    if (Columns(word) > width) {  // one long word: cut, between characters
      size_t keep = width - 1;
      while (keep > 0 && (static_cast<unsigned char>(word[keep]) & 0xC0) == 0x80) --keep;
      word = word.substr(0, keep) + "…";
    }
    lines.back() += word;
    at = end + 1;
  }
  return lines;
}

// Effects with the workspace's own path as `.`: it is the same in all of them, and long.
std::string Shorten(std::string text, const std::string& workspace) {
  if (workspace.size() < 2) return text;
  for (size_t at = 0; (at = text.find(workspace, at)) != std::string::npos; ++at) {
    const char next = at + workspace.size() < text.size() ? text[at + workspace.size()] : ' ';
    if (next == '/' || next == ' ' || next == ',') text.replace(at, workspace.size(), ".");
  }
  return text;
}

std::string Join(const json::Value& list, std::string_view otherwise) {
  std::string out;
  if (list.array() != nullptr)
    for (const json::Value& item : *list.array()) {
      if (!out.empty()) out += ", ";
      if (item.string() != nullptr) out += Plain(*item.string());
    }
  return out.empty() ? std::string(otherwise) : out;
}

// Labels, the one that is no plain word with its meaning.
std::string LabelWords(const json::Value& list) {
  std::string out = Join(list, "");
  if (const size_t at = out.find("pii"); at != std::string::npos) out.replace(at, 3, "pii (personal data)");
  return out;
}

std::string Number(const json::Value& record, std::string_view key) { return std::to_string(record.Integer(key, 0)); }

}  // namespace

std::string Story::Paint(std::string_view text, std::string_view colour) const {
  if (style_.colour == Colour::kNo) return std::string(text);
  return "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m";
}

std::string Story::Lane(std::string_view label, std::string_view text) const {
  const size_t start = kIndent + kLabelWidth;
  std::string out;
  bool first = true;
  for (const std::string& line : Wrap(std::string(text), style_.width > start + 20 ? style_.width - start : 20)) {
    out += std::string(kIndent, ' ') + Paint(Padded(first ? label : "", kLabelWidth), kDim) + line + "\n";
    first = false;
  }
  return out;
}

std::string Story::Verdict(const json::Value& record) const {
  const std::string_view verdict = record.At("decision").Text("verdict");
  const std::string_view colour = verdict == "allow" ? kGreen : verdict == "contain" ? kCyan : verdict == "ask" ? kYellow : kRed;
  const std::string_view course = record.Text("course");
  std::string out = Paint(verdict, colour);
  if (course == "awaits approval" || course == "asked in the client") out += " (" + std::string(course) + ")";
  if (verdict != "deny" && course == "denied") out += " (denied)";
  if (record.At("decision").Flag("approved")) out += " (a person approved it)";
  return out;
}

std::string Story::TellAction(int64_t index, const json::Value& record) {
  std::string out;
  const std::string said = Plain(record.At("intent").Text("said"));
  if (said != last_said_ && !said.empty()) out += Lane("said", "“" + said + "”");
  last_said_ = said;
  const json::Value& predicted = record.At("predicted");
  const json::Value& decision = record.At("decision");
  std::string shown = Plain(record.At("call").Text("shown"));
  const std::vector<std::string> head = Wrap(shown, style_.width > 30 ? style_.width - kIndent : 30);
  out = "\n" + Paint(Padded("#" + std::to_string(index), kIndent), kDim) + Paint(head.front(), kBold) + "\n" +
        (head.size() > 1 ? [&] {
          std::string more;
          for (size_t i = 1; i < head.size(); ++i) more += std::string(kIndent, ' ') + Paint(head[i], kBold) + "\n";
          return more;
        }() : std::string()) + out;
  if (const std::string_view description = record.At("intent").Text("description"); !description.empty()) out += Lane("intent", Plain(description));
  if (const std::string_view workspace = record.Text("workspace"); !workspace.empty()) workspace_ = Plain(workspace);
  std::string effects = Shorten(Join(predicted.At("effects"), "nothing"), workspace_);
  if (const int64_t dropped = predicted.Integer("effects_dropped", 0); dropped > 0) effects += " and " + std::to_string(dropped) + " more";
  out += Lane("would do", effects + "   [" + std::string(predicted.Text("coverage")) + "]");
  const json::Value& purpose = record.At("purpose");
  if (purpose.Text("match") == "no") out += Lane("purpose", Paint("said to " + Plain(purpose.Text("said")) + ", would " + Plain(purpose.Text("does")), kYellow));
  if (const std::string labels = LabelWords(record.At("labels")); !labels.empty()) out += Lane("session is", Paint(labels, kYellow));
  const std::string policies = Join(decision.At("policies"), "no policy permits it");
  out += Lane("decision", Verdict(record) + "   by " + policies);
  out += Lane("", Plain(decision.Text("why")));
  // Denied for another reason than policy's: the release gate, a client that cannot ask.
  const std::string_view advice = record.Text("advice");
  if (decision.Text("verdict") != "deny" && record.Text("course") == "denied" && !advice.empty()) out += Lane("denied", Plain(advice));
  return out;
}

std::string Story::TellOutcome(const json::Value& record) {
  std::string out = Lane("happened", "exit " + Number(record, "exit") + " after " + Number(record, "ms") + " ms, " + Plain(record.Text("how")) + "; observed: " +
                                         Shorten(Join(record.At("observed").At("effects"), "no change to the workspace"), workspace_));
  const std::string unpredicted = Join(record.At("divergence").At("unpredicted"), "");
  if (!unpredicted.empty()) out += Lane("diverges", Paint("not predicted: " + Shorten(unpredicted, workspace_), kYellow));
  if (const std::string held = Join(record.At("held"), ""); !held.empty()) out += Lane("held", Paint(held, kYellow));
  if (const std::string_view error = record.Text("error"); !error.empty()) out += Lane("error", Paint(Plain(error), kRed));
  return out;
}

std::string Story::TellResult(const json::Value& record) const {
  const std::string labels = LabelWords(record.At("new_labels"));
  if (labels.empty()) return {};
  return Lane("learned", "what it printed makes this session " + Paint(labels, kYellow));
}

std::string Story::Evidence(const json::Value& record) const {
  std::string out;
  if (const json::Array* lines = record.At("evidence").array())
    for (const json::Value& line : *lines)
      if (line.string() != nullptr) out += Lane(out.empty() ? "because" : "", Shorten(Plain(*line.string()), workspace_));
  return out;
}

std::string Story::Tell(int64_t index, const json::Value& record) {
  const std::string_view kind = record.Text("k");
  if (kind == "action") return TellAction(index, record);
  if (kind == "outcome") return TellOutcome(record);
  if (kind == "result") return TellResult(record);
  if (kind == "turn") return "\n" + Lane("the person", "“" + Plain(record.Text("goal")) + "”");
  if (kind == "refused")
    return "\n" + Paint(Padded("#" + std::to_string(index), kIndent), kDim) + Paint("refused", kRed) + "\n" + Lane("why", Plain(record.Text("why")));
  if (kind == "run")
    return Paint(Padded("#" + std::to_string(index), kIndent), kDim) + "run " + Plain(record.Text("program")) + " in " + Plain(record.Text("workspace")) +
           ", session " + Plain(record.Text("session")) + "\n" + Lane("may reach", Join(record.At("reach"), "nothing but itself"));
  if (kind == "run_end") {
    std::string out = "\n" + Paint(Padded("#" + std::to_string(index), kIndent), kDim) + "the session ended, exit " + Number(record, "exit") + "\n" +
                      Lane("committed", Join(record.At("committed"), "nothing"));
    if (const std::string held = Join(record.At("held"), ""); !held.empty()) out += Lane("held", Paint(held, kYellow));
    return out;
  }
  if (kind == "approval") return Lane("approved", "a person permitted action " + Plain(record.Text("action_digest").substr(0, 8)) + ", once");
  if (kind == "connection") return Lane("network", Describe(record));
  if (kind == "message" || kind == "session" || kind == "note") return {};
  const std::string what = Describe(record);
  const bool grave = kind == "incident" || kind == "finding";
  return "\n" + Paint(Padded("#" + std::to_string(index), kIndent), kDim) + (grave ? Paint(what, kRed) : what) + "\n" + (grave ? Evidence(record) : std::string());
}

}  // namespace checkrein::report
