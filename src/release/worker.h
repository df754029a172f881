// Runs the inspection of one artifact in a child process that can do nothing but compute and answer (sandbox/parser_filter.h), and
// gathers its answers. A child that dies, hangs or says what is no answer leaves a problem in the report, so the verdict is incomplete.
//
//   Gate gate(compiled, settings);
//   Report report = gate.Run("dist/pkg-1.0.0.tgz");
//
// The parent opens files, never parses them: an archive is mapped before the child starts; the files of a directory are read into memory
// that both share, while the child still looks at the ones before.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "release/inspect.h"
#include "release/report.h"

namespace checkrein::release {

struct GateSettings {
  InspectOptions inspect;
  ScanOptions scan;
  // Told now and then with bytes done and, when known, in all; for a progress bar.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

class Gate {
 public:
  // `compiled` is borrowed. kInvalid: rules for another processor.
  static Result<std::unique_ptr<Gate>> Make(Compiled& compiled, const GateSettings& settings);

  // A file or a directory. Never fails: what could not be looked at is a problem in the report.
  Report Run(const std::string& path);
  // Bytes that another program writes (git cat-file), taken apart by `feed`, which calls back with each text.
  using FeedFile = std::function<bool(std::string_view path, std::string_view bytes)>;
  Report RunFed(const std::string& name, const std::function<Status(const FeedFile&)>& feed);

 private:
  Gate(Compiled& compiled, const GateSettings& settings, Scanner scanner);
  Report RunFile(const std::string& path, int fd, uint64_t size);
  Report RunDirectory(const std::string& path);
  void Warm(const Report& report);

  Compiled& compiled_;
  GateSettings settings_;
  Scanner scanner_;
};

}  // namespace checkrein::release
