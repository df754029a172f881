#include "cli/commands.h"

#include <cstdio>
#include <exception>

namespace checkrein::cli {

int Report(const Error& error, int code) {
  std::fprintf(stderr, "checkrein: %s\n", error.text.c_str());
  return code;
}

int Guarded(int argc, char** argv, int (*run)(int, char**)) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "checkrein: internal error: %s\n", error.what());
  } catch (...) {
    std::fputs("checkrein: internal error\n", stderr);
  }
  return kIncomplete;
}

int Parse(CLI::App& app, int argc, char** argv, const Exit& exit) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);  // prints help, version or the usage error
    return shown == 0 ? kDone : kUsage;
  }
  return exit.code;
}

}  // namespace checkrein::cli
