// A hook without a policy, for testing the driver and the dialects against real clients before and beside the product:
//   standin_hook --record FILE CLIENT [EVENT]
//   standin_hook --record FILE exec
// denies calls that contain "deny-me", rewrites shell commands that contain "rewrite-me" into its own exec, which writes
// "rewritten" to rewritten.txt, lets everything else pass, and appends what it understood to FILE. Never installed.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "agent/answer.h"
#include "agent/read.h"

namespace {

using namespace checkrein::agent;  // NOLINT: a test program of one file

Answer Decide(const Event& event, const std::string& exec) {
  if (event.phase != Phase::kBeforeTool) return {Answer::Kind::kNothing, "", ""};
  const std::string text = event.call->arguments.Dump();
  if (text.find("deny-me") != std::string::npos) return {Answer::Kind::kDeny, "the stand-in denies this", ""};
  if (text.find("rewrite-me") != std::string::npos) return {Answer::Kind::kRewrite, "rewritten", exec};
  return {Answer::Kind::kAllow, "the stand-in allows everything else", ""};
}

int Write(const Wire& wire) {
  std::cout << wire.out << std::flush;
  std::cerr << wire.err << std::flush;
  return wire.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return Write(WriteRefusal("usage: standin_hook --record FILE CLIENT [EVENT]"));
  if (std::string_view(argv[3]) == "exec") {
    std::ofstream("rewritten.txt") << "rewritten\n";
    return 0;
  }
  const auto client = ClientFromName(argv[3]);
  if (!client) return Write(WriteRefusal("no such client"));
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  const auto event = ReadEvent(*client, argc > 4 ? argv[4] : "", bytes);
  std::ofstream record(argv[2], std::ios::app);
  if (!event) {
    record << "error " << event.error().text << " in " << bytes << "\n";
    return Write(WriteRefusal(event.error().text));
  }
  record << PhaseName(event->phase) << " " << event->name;
  if (event->call) record << " " << static_cast<int>(event->call->kind) << " " << event->call->arguments.Dump();
  record << " " << checkrein::json::Quote(event->text) << "\n";
  return Write(WriteAnswer(*event, Decide(*event, std::string(argv[0]) + " --record " + argv[2] + " exec ticket")));
}
