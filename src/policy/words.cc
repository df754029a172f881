#include "policy/words.h"

#include <array>

namespace checkrein::policy {
namespace {

constexpr std::array<std::string_view, kWords> kTexts = {
    "Session", "Client", "Label", "Action", "Path", "PathGroup", "Program", "ProgramGroup", "Host", "HostGroup", "Privilege", "Package", "Manager", "Remote", "Tool", "ToolServer",
    "Setting", "Unknown", "depth", "labels", "name", "path", "exact", "includes", "mayInclude", "port", "ip", "approved", "sandboxed", "coverage", "commands"};

struct Row {
  std::string_view type, id;
};
constexpr std::array<Row, kEntities> kRows = {{
    {"Action", "ReadFile"}, {"Action", "WriteFile"}, {"Action", "DeleteFile"}, {"Action", "Exec"}, {"Action", "Connect"}, {"Action", "Listen"}, {"Action", "UsePrivilege"},
    {"Action", "InstallPackage"}, {"Action", "PushData"}, {"Action", "CallTool"}, {"Action", "Configure"}, {"Action", "DoUnknown"},
    {"Action", "file"}, {"Action", "change"}, {"Action", "send"}, {"Label", "untrusted"}, {"Label", "secret"}, {"Label", "quarantined"}, {"Label", "unapproved"}, {"Label", "pii"},
    {"Coverage", "full"}, {"Coverage", "partial"}, {"Coverage", "opaque"}}};

}  // namespace

std::string_view TextOf(Word word) { return kTexts[word]; }

std::string_view IdOf(KnownEntity entity) { return kRows[entity].id; }

Result<std::string> CompileSet(const cedar::PolicySet& policies) {
  std::vector<cedar::EntityUid> entities;
  for (const Row& row : kRows) entities.emplace_back(row.type, row.id);
  return cedar::Compile(policies, {kTexts, entities});
}

}  // namespace checkrein::policy
