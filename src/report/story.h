// Records of the log as a story for a person: what was wanted, what was said, what it would do, what was decided, what happened.
//
//   Story story(StoryStyle{Colour::kNo, 100});
//   for (each record, in order) Print(story.Tell(index, record));
//
// Every text in a record may come from the agent: all of it goes through Plain(). Unknown kinds of record are told by their name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "report/terminal.h"

namespace checkrein::report {

struct StoryStyle {
  Colour colour = Colour::kNo;
  size_t width = 100;   // columns; longer texts are wrapped, at most kMaxLines lines each
};

class Story {
 public:
  explicit Story(StoryStyle style) : style_(style) {}

  // The lines for one record, each ended by a newline; "" for a record that says nothing to a person.
  std::string Tell(int64_t index, const json::Value& record);

 private:
  std::string TellAction(int64_t index, const json::Value& record);
  std::string TellOutcome(const json::Value& record);
  std::string TellResult(const json::Value& record) const;
  std::string Evidence(const json::Value& record) const;
  std::string Lane(std::string_view label, std::string_view text) const;
  std::string Paint(std::string_view text, std::string_view colour) const;
  std::string Verdict(const json::Value& record) const;

  StoryStyle style_;
  std::string workspace_;               // of the last action: its path is told as `.`
  std::string last_said_;               // the model's words are told once, however many calls they belong to
};

}  // namespace checkrein::report
