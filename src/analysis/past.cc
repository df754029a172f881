#include "analysis/past.h"

#include <algorithm>

namespace checkrein::analysis {
namespace {

// Files that agents take instructions from, wherever they lie.
constexpr std::string_view kInstructions[] = {"CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "AGENTS.override.md", "GEMINI.md", ".cursorrules", ".windsurfrules", ".clinerules", "copilot-instructions.md", "SKILL.md", "README.md"};

using Known = Past::Name::Known;

void JoinInto(Past::Name& into, const Past::Name& other) {
  into.exported = into.exported || other.exported;
  if (into.known == other.known && into.text == other.text) return;
  if (into.known == Known::kNothing || other.known == Known::kNothing) {
    into.known = Known::kNothing;
    into.text.clear();
    return;
  }
  const auto differ = std::mismatch(into.text.begin(), into.text.end(), other.text.begin(), other.text.end());
  into.text.erase(differ.first, into.text.end());
  into.known = into.text.empty() ? Known::kNothing : Known::kPrefix;
}

// How much is lost with what is known of a file: little, who wrote it, what was copied into it.
constexpr int kCarries = 2;
int Weight(const WrittenFile& file) {
  const auto carried = [](const std::string& label) { return label == "pii" || label == "secret"; };
  return std::any_of(file.labels.begin(), file.labels.end(), carried) ? kCarries : file.labels.empty() ? 0 : 1;
}

void AddLabels(std::vector<std::string>& into, const std::vector<std::string>& labels) {
  for (const std::string& label : labels)
    if (std::find(into.begin(), into.end(), label) == into.end()) into.push_back(label);
  std::sort(into.begin(), into.end());
}

template <typename T>
void SortByName(std::vector<T>& list) {
  std::stable_sort(list.begin(), list.end(), [](const T& a, const T& b) { return a.name < b.name; });
}

}  // namespace

const WrittenFile* Past::FindFile(std::string_view path) const {
  const auto named = std::lower_bound(files.begin(), files.end(), path, [](const WrittenFile& file, std::string_view p) { return file.path < p; });
  if (named != files.end() && named->path == path) return &*named;
  const std::string_view base = path.substr(path.rfind('/') + 1);
  if (std::find(std::begin(kInstructions), std::end(kInstructions), base) == std::end(kInstructions)) return nullptr;
  for (const WrittenFile& file : files)
    if (file.path.ends_with("/**") && path.starts_with(std::string_view(file.path).substr(0, file.path.size() - 2))) return &file;
  return nullptr;
}

void Past::Follow(const Past& left, Ran ran) {
  if (ran == Ran::kSurely) {
    names = left.names;
    functions = left.functions;
    places = left.places;
    lost = left.lost;
    return;
  }
  lost = lost || left.lost;
  for (const Name& other : left.names) {
    const auto at = std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.name == other.name; });
    if (at != names.end()) JoinInto(*at, other);
    else names.push_back(other);
  }
  for (const Function& other : left.functions)
    if (std::find(functions.begin(), functions.end(), other) == functions.end()) functions.push_back(other);
  for (const std::string& place : left.places)
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  SortByName(names);
  SortByName(functions);
  if (names.size() > kMaxNames || functions.size() > kMaxFunctions || places.size() > kMaxPlaces) {
    lost = true;
    names.resize(std::min(names.size(), kMaxNames));
    functions.resize(std::min(functions.size(), kMaxFunctions));
    places.resize(std::min(places.size(), kMaxPlaces));
  }
}

WrittenFile* Past::Exactly(std::string_view path) {
  const auto at = std::lower_bound(files.begin(), files.end(), path, [](const WrittenFile& f, std::string_view p) { return f.path < p; });
  return at != files.end() && at->path == path ? &*at : nullptr;
}

void Past::AddFile(WrittenFile file, size_t most) {
  if (file.path.ends_with("/**")) {
    const std::string folder = file.path.substr(0, file.path.size() - 2);
    for (WrittenFile& within : files)
      if (within.path.starts_with(folder)) within.content.reset();
    if (file.labels.empty()) return;
  }
  if (WrittenFile* known = Exactly(file.path); known != nullptr) {
    // It was only predicted to be written, and perhaps something is added to what was there.
    AddLabels(file.labels, known->labels);
    *known = std::move(file);
  } else {
    files.insert(std::lower_bound(files.begin(), files.end(), file.path, [](const WrittenFile& f, std::string_view p) { return f.path < p; }), std::move(file));
  }
  while (files.size() > most) MakeRoom();
  size_t bytes = 0;
  for (const WrittenFile& f : files) bytes += f.content ? f.content->size() : 0;
  while (bytes > kMaxContentBytes) {
    const auto oldest = std::min_element(files.begin(), files.end(), [](const WrittenFile& a, const WrittenFile& b) {
      return a.content.has_value() != b.content.has_value() ? a.content.has_value() : a.action < b.action;
    });
    bytes -= oldest->content->size();
    oldest->content.reset();
  }
}

// Forgets what matters least. What carries a secret or personal data is not forgotten: in place of such a file stands the folder that it lies
// in, for all of that kind there; at last that is the root.
void Past::MakeRoom() {
  const auto least = std::min_element(files.begin(), files.end(), [](const WrittenFile& a, const WrittenFile& b) { return std::pair(Weight(a), a.action) < std::pair(Weight(b), b.action); });
  if (Weight(*least) < kCarries) {
    files.erase(least);
    return;
  }
  WrittenFile folder = *least;
  files.erase(least);
  std::string_view above = folder.path;
  if (above.ends_with("/**")) above.remove_suffix(3);
  const size_t slash = above.rfind('/');
  above = above.substr(0, slash == std::string_view::npos ? 0 : slash);
  const std::string within = std::string(above) + "/";
  folder.path = within + "**";
  folder.content.reset();
  const auto joins = [&within](const WrittenFile& file) { return Weight(file) == kCarries && (within == "/" || file.path.starts_with(within)); };
  for (const WrittenFile& file : files)
    if (joins(file)) AddLabels(folder.labels, file.labels);
  std::erase_if(files, joins);
  files.insert(std::lower_bound(files.begin(), files.end(), folder.path, [](const WrittenFile& f, std::string_view p) { return f.path < p; }), std::move(folder));
}

}  // namespace checkrein::analysis
