// Where paths lead, worked out from few looks at the file system: one look at a directory answers for every name in it.
//
// A command names many files in few directories, and each question of the locked child costs two messages and two changes of process.
//
//   PathResolver resolver(ask_around, ask_one);
//   resolver.Resolve("/project/src/a.cc");   // asks about "/project/src" once
//   resolver.Resolve("/project/src/b.cc");   // asks nobody
//
// Its answers are those of LiveWorld::Resolve, name by name: the tests hold them against each other.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::monitor {

// One look at the way to a directory.
struct Surroundings {
  std::string existing;  // the longest part of the way that exists; a prefix of the asked path, whole components
  std::string real;      // where `existing` leads
  bool complete = false;  // the two lists hold every name in it that is no regular file; false: too many, or a file system that does not list all
  std::vector<std::string> directories;
  std::vector<std::string> links;  // and whatever else may lead elsewhere or is of unknown type

  std::string Encode() const;
  // Nothing for what is not whole. A damaged answer can only come from a programmer's mistake: the one who answers is trusted.
  static std::optional<Surroundings> Decode(std::string_view bytes);
};

class PathResolver {
 public:
  using AskAround = std::function<std::optional<Surroundings>(const std::string& directory)>;
  using AskOne = std::function<std::optional<std::string>(std::string_view path)>;
  PathResolver(AskAround around, AskOne one) : around_(std::move(around)), one_(std::move(one)) {}

  // As analysis::World::Resolve: `path` is absolute and normalised.
  std::optional<std::string> Resolve(std::string_view path);

  // Takes in a look that was made before anything asked for it.
  void Learn(const std::string& directory, std::optional<Surroundings> around);

 private:
  // What is known of a directory. `real` is nothing where a link that leads nowhere is on the way.
  struct Known {
    std::optional<std::string> real;
    bool exists = false;
    bool complete = false;
    std::vector<std::string> directories, links;  // sorted
  };
  enum class Name { kPlain, kDirectory, kAsk };
  static Name Classify(const Known& directory, std::string_view name);
  const Known& Directory(const std::string& path);
  const Known& Keep(const std::string& path, std::optional<Surroundings> around);
  std::optional<Known> Derive(std::string_view path) const;

  AskAround around_;
  AskOne one_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace checkrein::monitor
