// A search index over the log: an SQLite file that is made from the log and can be deleted at any time.
//
//   Result<Index> index = Index::Open(state + "/index.sqlite");
//   Status current = index->CatchUp(source);                       // only what was appended since
//   Result<std::vector<uint64_t>> found = index->Search({.host = "a.example", .limit = 20});   // record numbers, newest first
//
// The index proves nothing and holds nothing that the log does not: who changes it can hide records from a search, not from the log. What
// is found is read from the log. An index that is damaged, of another log, or of an older form is made anew.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace checkrein::report {

// What is looked for; every member that is set must hold.
struct Query {
  std::string session{}, tool{}, verdict{}, kind{}, client{}, course{};  // exactly
  std::string host{};                   // contacted or to be contacted: this one or one below it
  std::string path{};                   // read, written, deleted: this one or one below it
  std::string program{};                // run: the last part of its path
  std::string text{};                   // words, in any order, in what was wanted, said, called, decided
  std::optional<int64_t> since_ms{}, until_ms{};   // Unix time, [since, until)
  bool differs = false;                 // only what was not as predicted
  size_t limit = 100;
};

// The log as the index sees it.
struct IndexSource {
  std::string origin;
  uint64_t size = 0;
  std::function<Result<std::string>(uint64_t)> read;
};

class Index {
 public:
  // Makes the file (0600) if there is none; replaces one that is no index. kIo, kDenied.
  static Result<Index> Open(const std::string& path);
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  // Indexes records from where it stopped. Begins anew when the log is another one, or shorter, or says something else where it stopped.
  // Cost: some 50,000 records a second.
  Status CatchUp(const IndexSource& source);

  // Numbers of the records that begin a row (report/row.h), newest first. kInvalid for a text without a word.
  Result<std::vector<uint64_t>> Search(const Query& query) const;

 private:
  struct Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace checkrein::report
