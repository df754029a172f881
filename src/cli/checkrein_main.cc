// checkrein: the command-line program. Sub-commands live one to a file beside this one; three of them in another program (elsewhere.h).
#include <malloc.h>

#include <string_view>

#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "monitor/gateway.h"

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
  AddLabels(app, exit);
  AddFreeze(app, exit);
  AddLog(app, exit);
  AddBundle(app, exit);
  app.add_subcommand("witness", kWitnessText);
  AddCheck(app, exit);
  AddExplain(app, exit);
  AddPolicy(app, exit);
  AddProve(app, exit);
  AddCedar(app, exit);
  AddInstall(app, exit);
  AddServe(app, exit);
  app.add_subcommand("gate", kGateText);
  AddAdvisories(app, exit);
  app.add_subcommand("doctor", kDoctorText);
  AddDemo(app, exit);
  return Parse(app, argc, argv, exit);
}

}  // namespace
}  // namespace checkrein::cli

int main(int argc, char** argv) {
  if (argc > 2 && std::string_view(argv[1]) == checkrein::monitor::kBrokerWord) return checkrein::monitor::RunBrokerProcess({argv + 2, argv + argc});
  mallopt(M_TOP_PAD, 4 << 20);  // the heap of a long command grows in few steps, and is given back at the end
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MXFAST, 0);  // what is freed is joined at once: later, all of it, is what every large allocation would wait for
  if (argc > 1 && checkrein::cli::IsElsewhere(argv[1])) return checkrein::cli::RunElsewhere(argv);
  return checkrein::cli::Guarded(argc, argv, checkrein::cli::Run);
}
