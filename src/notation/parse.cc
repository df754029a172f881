// Apart from document.cc, so that a program that reads only JSON need not hold a reader of TOML.
#include "base/path.h"
#include "notation/read.h"

namespace checkrein::notation {

Dialect DialectOf(std::string_view path) {
  const std::string_view name = BaseName(path);
  if (name.ends_with(".toml")) return Dialect::kToml;
  const std::string_view directory = BaseName(DirName(path));
  const bool editor = directory == ".vscode" || directory == ".devcontainer" || name == ".devcontainer.json" || name.ends_with(".code-workspace");
  // OpenCode reads its configuration as JSON with comments under either name.
  if (name.ends_with(".jsonc") || name == "opencode.json" || editor) return Dialect::kJsonWithComments;
  return Dialect::kJson;
}

Result<Node> Parse(std::string_view text, std::string_view name, Dialect dialect, const Limits& limits) {
  if (text.size() > limits.max_bytes) return Error{Error::Kind::kLimit, std::string(name) + ": larger than " + std::to_string(limits.max_bytes) + " bytes"};
  return dialect == Dialect::kToml ? ParseToml(text, name, limits) : ParseJson(text, name, dialect, limits);
}

}  // namespace checkrein::notation
