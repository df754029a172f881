// checkrein-tools: the sub-commands of `checkrein` whose libraries take long to load (elsewhere.h).
#include "cli/commands.h"

namespace checkrein::cli {
namespace {

int Run(int argc, char** argv) {
  CLI::App app{"Part of checkrein: started by `checkrein gate`, `checkrein doctor` and `checkrein witness`.", "checkrein"};
  app.set_version_flag("--version", CHECKREIN_VERSION);
  app.require_subcommand(1);
  Exit exit;
  AddWitness(app, exit);
  AddGate(app, exit);
  AddDoctor(app, exit);
  return Parse(app, argc, argv, exit);
}

}  // namespace
}  // namespace checkrein::cli

int main(int argc, char** argv) { return checkrein::cli::Guarded(argc, argv, checkrein::cli::Run); }
