// What an action would publish, so that the release gate can look at it first. Pure.
//
//   const std::optional<Publication> publication = PublicationOf(judgement.command, judgement.effects);
//   if (publication && publication->advice.empty()) Look(*publication);
//
// Effects say that something is published; the words of the command say what. Only a command that does nothing else, in plain words, can be
// looked at before it runs: in `npm pack && npm publish` there is nothing to look at yet, and `cd` or a variable could mean another place
// than the one looked at. Whatever is not plain has advice instead, and is refused with it.
//
// Files are looked at, never recipes: what `npm publish` would pack from a directory is made by the project's scripts when it is published,
// so the directory is packed first, contained like any command, and the file is published.
//
// Not covered: publishing to other registries (cargo, gem, ...), `uv publish`, `poetry publish`, by a program that analysis does not know,
// or by a library. Those are asked about or run without a network, as policy says.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/past.h"

namespace checkrein::monitor {

struct Publication {
  enum class Kind { kFiles, kImage, kRepository };
  Kind kind = Kind::kFiles;
  std::vector<std::string> what;   // files and images, as the command names them; of a repository nothing: it is the one of the directory
  std::string advice;              // not "": it cannot be looked at; what to do instead
};

// `effects` as in Judgement. Nothing when nothing is published that the gate can look at.
std::optional<Publication> PublicationOf(std::string_view command, const std::vector<std::string>& effects);

// What lets the same words publish something else than is looked at: variables that a shell of the session has kept or that the process has
// (`NAME=value`, as environ), an alias or a function called as the program. One line, "" for nothing. Where a shell stands is the client's word.
std::string LeadsElsewhere(std::string_view command, const analysis::Past& past, std::span<const std::string_view> environment);

}  // namespace checkrein::monitor
