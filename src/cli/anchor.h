// Anchors: checkpoints of the log in places that somebody else keeps, so that a log which is cut back or told anew contradicts them.
//
//   Result<Anchors> anchors = LoadAnchors(log_directory, {});    // what DIR/anchors names, read again from there
//   Verify(log_directory, {vkey, anchors->notes, anchors->witnesses});
//
// DIR/anchors has a line for each place: `file PATH`, `git REPOSITORY`, `witness VKEY URL` (URL is `-` for one that signs by hand). It is a
// convenience and no evidence: whoever can write DIR can empty it, so that a careful verifier names the places (--anchor, --anchor-git).
#pragma once

#include <string>
#include <vector>

#include "audit/note.h"
#include "audit/verify.h"
#include "base/result.h"

namespace checkrein::cli {

struct AnchorPlaces {
  std::vector<std::string> files;
  std::vector<std::string> repositories;
  struct Witness {
    std::string vkey;
    std::string url;
  };
  std::vector<Witness> witnesses;
};

struct Anchors {
  std::vector<audit::Anchor> notes;
  std::vector<std::string> witnesses;   // vkeys
  std::vector<std::string> unreadable;  // places where nothing could be read, with the reason: an anchor that is gone is a finding
};

Result<AnchorPlaces> ReadAnchorPlaces(const std::string& log_directory);
Status RememberPlace(const std::string& log_directory, const std::string& line);

// All anchors at `places`, those of the log in `log_directory`.
Anchors LoadAnchors(const std::string& log_directory, const AnchorPlaces& places);

// Where the cosigned checkpoint of a witness is kept: DIR/anchor/ID-of-its-key.
std::string WitnessPath(const std::string& log_directory, const audit::VerifierKey& witness);

// The notes about the log of `origin` in a repository, newest last; the commands that do it run nothing that the repository configures.
std::vector<std::string> GitCommand(const std::string& repository, const std::vector<std::string>& words);
std::string NotesRef(std::string_view origin);  // "checkrein/0123456789abcdef"

}  // namespace checkrein::cli
