// Advisories that a person imported: one file in the state directory, replaced as a whole.
//
//   Result<Store> store = Store::Load(state);            // empty when nothing was ever imported
//   if (const Status added = store->Add(file, text, options); !added) ...   // nothing of it has changed
//   store->Save(state);
//
// What is in it has been read strictly, with its shields, before it was written. Thread-compatible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/active.h"
#include "base/result.h"

namespace checkrein::advisories {

inline constexpr size_t kMaxImported = 4096;                // advisories
inline constexpr size_t kMaxStoreBytes = 64u << 20;

struct Import {
  std::string file;        // its base name: for messages
  std::string text;
  bool on_trial = false;
  std::string signed_by;   // a key's name; "" when it was taken unsigned
  int64_t at_ms = 0;
};

class Store {
 public:
  // kIo, kInvalid: it is there and cannot be read.
  static Result<Store> Load(const std::string& state);

  // Takes all of `imports` or nothing. An advisory that is there already is replaced by one that was modified later, and stays when it is
  // the same. Errors, each with file:line:col or the file: kInvalid for what ReadAdvisory and ShieldsOf refuse, and for another text under
  // an id that was not modified later or that two files have; kLimit. What comes compiled in cannot be replaced, only added to: an
  // imported advisory with such an id must bring shields of other names.
  Status Add(const std::vector<Import>& imports);
  bool Remove(std::string_view id);
  Status Save(const std::string& state) const;

  struct Record {
    Import import;
    Advisory advisory;
  };
  const std::vector<Record>& records() const { return records_; }
  std::string Digest() const;   // hex SHA-256 over all texts and how they were taken; "" for none

  static std::string PathIn(const std::string& state);

 private:
  std::vector<Record> records_;  // by id
};

}  // namespace checkrein::advisories
