#include "monitor/fit.h"

#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kLeastText = 64;  // shorter texts are not worth cutting
constexpr size_t kLeastItems = 4;

struct Longest {
  json::Value* value = nullptr;
  size_t bytes = 0;
};

// The text, or the list of many small things, that takes the most room. Recursion is bounded: our own records are a few levels deep.
void FindLongest(json::Value& value, Longest& longest) {
  if (const std::string* text = value.string()) {
    const size_t bytes = json::Quote(*text).size();
    if (text->size() > kLeastText && bytes > longest.bytes) longest = {&value, bytes};
  } else if (json::Array* items = value.array()) {
    for (json::Value& item : *items) FindLongest(item, longest);
    const size_t bytes = value.Dump().size() / 2;  // a list is cut before its texts only when it is much the longer
    if (items->size() > kLeastItems && bytes > longest.bytes) longest = {&value, bytes};
  } else if (json::Object* members = value.object()) {
    for (auto& [key, member] : *members) FindLongest(member, longest);
  }
}

void Halve(json::Value& value) {
  if (const std::string* text = value.string()) {
    // A text that was cut before is cut by its own length again; the note then counts the note too, which is honest enough.
    value = json::Value(Clip(*text, text->size() / 2 > 32 ? text->size() / 2 - 16 : 16));
  } else if (json::Array* items = value.array()) {
    const size_t kept = items->size() / 2;
    const size_t dropped = items->size() - kept;
    items->resize(kept);
    items->emplace_back("…[+" + std::to_string(dropped) + " items]");
  }
}

}  // namespace

void FitRecord(json::Value& record, size_t cap) {
  while (record.Dump().size() > cap) {
    Longest longest;
    FindLongest(record, longest);
    if (longest.value == nullptr) return;  // nothing left to cut: the log refuses it, and the action with it
    Halve(*longest.value);
  }
}

}  // namespace checkrein::monitor
