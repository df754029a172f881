// Words separated by NUL; a first byte picks what is known of them. Whatever a command is made of, describing it must end, and what
// is opaque must say why.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "analysis/command.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein::analysis;
  if (size == 0) return 0;
  const unsigned shape = data[0];
  Command command;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\0', at), text.size());
    Word word;
    word.text = text.substr(at, end - at);
    const bool last = end == text.size();
    word.known = last && (shape & 1) ? Word::Known::kPrefix : Word::Known::kExactly;
    word.may_be_several = last && (shape & 2);
    word.file_names = last && (shape & 4);
    command.argv.push_back(std::move(word));
    at = end + 1;
  }
  if ((shape & 8) && command.argv.size() > 2) {
    command.assignments.emplace_back(command.argv[1].text, command.argv[2]);
    command.argv.erase(command.argv.begin() + 1, command.argv.begin() + 3);
  }
  if (shape & 16) {
    command.input.kind = Input::Kind::kText;
    command.input.text = command.argv.back().text;
  }
  NoWorld world;
  const Description d = DescribeCommand(command, Place{}, world);
  const auto& effects = d.effects.all();
  const bool says = std::any_of(effects.begin(), effects.end(), [](const checkrein::Effect& e) { return e.op == checkrein::Op::kUnknown; });
  if (d.coverage == checkrein::Coverage::kOpaque && !says) std::abort();
  for (const auto& effect : effects)
    if (effect.object.empty()) std::abort();
  return 0;
}
