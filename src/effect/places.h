// Which places a path is: the workspace, a credential, an agent's configuration, git's hooks, ...
//
//   PlaceGroups("/home/user/.ssh/id_rsa", "/home/user", "/home/user/project")        -> {"home", "credentials"}
//   PlaceGroups("/home/user/project/.git/hooks/pre-commit", ...)                     -> {"home", "workspace", "vcs-internals", "vcs-data"}
//   PlaceGroups("/home/user/**", ...)                                                -> {"home", "credentials", "persistence", ..., "maybe-ci", ...}
//   HostGroups("169.254.169.254")                                                    -> {"metadata", "link-local"}
//
// Groups by position (each path has at least one):
//   workspace      in the workspace
//   home           in the person's home directory (a workspace there has both)
//   temp           /tmp, /var/tmp, /dev/shm, a CI runner's /home/runner/work/_temp; not inside the workspace
//   harmless       /dev/null, /dev/zero, /dev/full, /dev/random, /dev/urandom, /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/*, /dev/tty
//   devices        the rest of /dev
//   system         /usr /bin /sbin /lib* /etc /opt /var /boot /proc /sys /run /srv
//   elsewhere      any other absolute path, and what is no absolute path
//   anywhere       the object is `?` (then this is the only group)
// Groups by meaning, from data/protected_places.json (compiled in; each row says why):
//   credentials agent-config instructions vcs-internals vcs-data ci editor-tasks auto-run persistence accounts logs
//   package-config sockets kernel checkrein
//
// A set object (`/x/**`, which includes /x itself) has a group when a place of it certainly lies in the set or the set in it. Some
// places are known by name at any depth (a `.env`, a `CLAUDE.md`): for a set in which such a file may or may not exist the group
// is called `maybe-NAME`. Sets strictly inside the workspace get no `maybe-`: `rm -rf build` would otherwise be as grave as `rm -rf .`.
// Not covered: a .env in a sub-folder when a whole sub-folder is read; what symbolic links lead to (analysis asks the world first).
//
// Letters are compared without case (ASCII): some file systems fold it (CVE-2025-59944), and no harmless place differs by case alone.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein {

// One row of the data file. All views point to compiled-in text.
struct ProtectedPlace {
  std::string_view pattern;  // docs/format/places.md
  std::string_view group;
  std::string_view why;
  std::string_view source;
};

// The groups of the absolute, normalised `path` (or set, or `?`); each once. `home` and `workspace` are absolute; "" if there is none.
// The views are compiled-in text. Cost: a few microseconds.
std::vector<std::string_view> PlaceGroups(std::string_view path, std::string_view home, std::string_view workspace);

// The rows that gave `path` its groups by meaning, for explanations. The `maybe-` ones are not among them.
std::vector<ProtectedPlace> PlacesOf(std::string_view path, std::string_view home, std::string_view workspace);

// Places known by name at any depth that lie beneath `path`, one path for each pattern: for "/p/.vscode" among others "/p/.vscode/tasks.json".
// Whatever stands at `path` and leads to a directory (a link) gives all of these a content. Absolute and normalised, no set.
std::vector<std::string> PlacesBeneath(std::string_view path);

// Groups of the host in a connect object (no port): metadata, loopback, private, link-local; none for other hosts, `unknown-host` for "?".
std::vector<std::string_view> HostGroups(std::string_view host);

// Every group that PlaceGroups and HostGroups can answer, `maybe-` ones included: a policy schema can be checked against it.
std::vector<std::string_view> AllPlaceGroups();

}  // namespace checkrein
