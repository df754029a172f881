// Putting our hook into a client's user-level configuration and taking it out again, as pure functions over the file's text:
// who reads and writes the files is cli/.
//
//   for (const FileTemplate& file : profile.user) {
//     Result<FileText> after = Install(file, hook, before);       // before: std::nullopt when there is no such file
//     std::cout << Difference(file.path, before, *after);
//   }
//
// Whatever else the file holds stays as it is, byte for byte; a second Install changes nothing; Uninstall after Install gives back
// the very bytes there were. Where the file was reformatted in between (clients rewrite their settings), Uninstall takes out our
// entries and writes the rest with two spaces per level, as the clients do.
// NOT covered: settings with comments (Gemini CLI reads them): refused with what to add by hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/profile.h"
#include "base/result.h"

namespace checkrein::agent {

// The text of a file, or nothing when there is none.
using FileText = std::optional<std::string>;

// Errors: kInvalid (the text is no JSON object, or "hooks" is not of the shape the client defines; a word of the hook command that
// a shell would not take at its word), kLimit. An entry of ours that differs (another path or time-out) is replaced.
Result<FileText> Install(const FileTemplate& file, const HookCommand& hook, const FileText& present);

// Errors: as Install. A file without our entries comes back as it is; a file that only ever held them comes back as nothing.
Result<FileText> Uninstall(const FileTemplate& file, const HookCommand& hook, const FileText& present);

// Whether `present` holds the hook as Install would leave it.
bool IsInstalled(const FileTemplate& file, const HookCommand& hook, const FileText& present);

// Lines taken out ("- ") and put in ("+ ") with two lines of context, under a line with the path; "" when nothing changes.
std::string Difference(std::string_view path, const FileText& before, const FileText& after);

}  // namespace checkrein::agent
