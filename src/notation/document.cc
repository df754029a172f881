#include "notation/document.h"

namespace checkrein::notation {

const Node* Node::Find(std::string_view name) const {
  for (const Member& member : members)
    if (member.name == name) return &member.value;
  return nullptr;
}

std::string_view Node::Text(std::string_view name) const {
  const Node* found = Find(name);
  return found != nullptr && found->is_text() ? std::string_view(found->text) : std::string_view();
}

bool Node::Flag(std::string_view name) const {
  const Node* found = Find(name);
  return found != nullptr && found->kind == Kind::kBoolean && found->boolean;
}

std::string Place(std::string_view name, Position at) {
  if (at.line == 0) return std::string(name);
  return std::string(name) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace checkrein::notation
