#include "sandbox/standing.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kStatText = 4096;

std::vector<pid_t> NumbersIn(const std::string& directory) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> names(opendir(directory.c_str()), closedir);
  if (names == nullptr) return numbers;
  while (const dirent* entry = readdir(names.get())) {
    const std::string_view name = entry->d_name;
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  return numbers;
}

struct Standing {
  char state = '?';
  pid_t parent = 0;
};

// Nothing: it has ended meanwhile. The fields stand behind the name, which may hold anything but is in brackets.
std::optional<Standing> Look(const std::string& stat) {
  const Result<std::string> line = ReadFile(stat, kStatText);
  if (!line) return std::nullopt;
  const size_t bracket = line->rfind(')');
  Standing standing;
  if (bracket == std::string::npos || bracket + 4 >= line->size()) return standing;
  standing.state = (*line)[bracket + 2];
  std::from_chars(line->data() + bracket + 4, line->data() + line->size(), standing.parent);
  return standing;
}

bool StandsStill(const std::string& process) {
  for (const pid_t thread : NumbersIn(process + "/task")) {
    const std::optional<Standing> standing = Look(process + "/task/" + std::to_string(thread) + "/stat");
    if (standing && std::string_view("TtZXx").find(standing->state) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

bool DescendantsStandStill(pid_t ancestor) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t process : NumbersIn("/proc"))
    if (const std::optional<Standing> standing = Look("/proc/" + std::to_string(process) + "/stat")) children.emplace(standing->parent, process);
  std::vector<pid_t> open = {ancestor};
  while (!open.empty()) {
    const auto [begin, end] = children.equal_range(open.back());
    open.pop_back();
    for (auto child = begin; child != end; ++child) {
      if (!StandsStill("/proc/" + std::to_string(child->second))) return false;
      open.push_back(child->second);
    }
  }
  return true;
}

}  // namespace checkrein::sandbox
