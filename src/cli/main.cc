// checkrein: the command-line program. Sub-commands live one to a file beside this one.
#include <cstdio>
#include <exception>

#include "cli/commands.h"

namespace checkrein::cli {
namespace {

int Run(int argc, char** argv) {
  CLI::App app{"Let coding agents work unattended: see what each action will do, run the uncertain ones on a copy, keep a record anyone can verify."};
  app.set_version_flag("--version", CHECKREIN_VERSION);
  app.require_subcommand(1);
  Exit exit;
  AddRun(app, exit);
  AddPending(app, exit);
  AddApprove(app, exit);
  AddChanges(app, exit);
  AddUndo(app, exit);
  AddFreeze(app, exit);
  AddLog(app, exit);
  AddBundle(app, exit);
  AddWitness(app, exit);
  AddCheck(app, exit);
  AddExplain(app, exit);
  AddPolicy(app, exit);
  AddProve(app, exit);
  AddCedar(app, exit);
  AddInstall(app, exit);
  AddGate(app, exit);
  AddAdvisories(app, exit);
  AddDoctor(app, exit);
  AddDemo(app, exit);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);  // prints help, version or the usage error
    return shown == 0 ? kDone : kUsage;
  }
  return exit.code;
}

}  // namespace

int Report(const Error& error, int code) {
  std::fprintf(stderr, "checkrein: %s\n", error.text.c_str());
  return code;
}

}  // namespace checkrein::cli

int main(int argc, char** argv) {
  try {
    return checkrein::cli::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "checkrein: internal error: %s\n", error.what());
  } catch (...) {
    std::fputs("checkrein: internal error\n", stderr);
  }
  return checkrein::cli::kIncomplete;
}
