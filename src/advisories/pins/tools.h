// What an MCP server says to the model: its instructions and its tools, with their descriptions and schemas. Found by asking it, as a client
// would; pinned by digest like any other thing that steers an agent.
//
//   ToolDialogue dialogue;
//   Send(dialogue.Begin());
//   for (each line of the server) Send(dialogue.Take(line).take());  until dialogue.done()
//   Sha256(dialogue.Canonical())
//
// Pure; the bytes are a stranger's. Messages are JSON-RPC 2.0, one on a line (Model Context Protocol, 2025-06-18, transports/stdio). NOT
// covered: a server that tells whoever asks from the client, and answers otherwise; prompts and resources.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::advisories {

inline constexpr size_t kMaxToolLine = 8u << 20;   // bytes of one message
inline constexpr size_t kMaxTools = 2'000;         // of one server; the largest known has some hundred
inline constexpr size_t kMaxToolPages = 100;
inline constexpr size_t kMaxToolChatter = 1'000;   // messages that are no answer to us

class ToolDialogue {
 public:
  std::string Begin() const;  // to be sent first; each text to be sent is whole lines
  // A line of the server without its end; what is to be sent in turn, "" for nothing. Errors: kInvalid for what is no such answer, kLimit,
  // kDenied for an error of the server's.
  Result<std::string> Take(std::string_view line);
  bool done() const { return state_ == State::kDone; }
  // Once done: the same text whenever a model is told the same, whatever the order of tools and members.
  std::string Canonical() const;

 private:
  enum class State : uint8_t { kBegun, kListing, kDone };
  std::string List(std::string_view cursor);
  Result<std::string> TakeAnswer(const json::Value& message);
  State state_ = State::kBegun;
  int64_t asked_ = 1;            // the id of the question that waits
  size_t pages_ = 0, chatter_ = 0;
  std::string instructions_;
  std::vector<json::Value> tools_;
};

// What a person should know of a canonical text before approving it: characters that hide, and orders to the model beyond what a
// description is. One line each, at most kMaxToolNotes; not safe to print as they are.
inline constexpr size_t kMaxToolNotes = 64;
std::vector<std::string> NotesOnTools(std::string_view canonical);
std::vector<std::string> NamesOfTools(std::string_view canonical);

}  // namespace checkrein::advisories
