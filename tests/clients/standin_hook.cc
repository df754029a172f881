// A hook without a policy, for testing the driver and the dialects against real clients before and beside the product:
//   standin_hook --record FILE CLIENT [EVENT]
// denies shell commands that contain "deny-me", rewrites those that contain "rewrite-me" so that they write "rewritten" to
// rewritten.txt, lets everything else pass, and appends what it understood to FILE. Never installed.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "agent/answer.h"
#include "agent/read.h"

namespace {

using namespace checkrein::agent;  // NOLINT: a test program of one file

Answer Decide(const Event& event) {
  if (event.phase != Phase::kBeforeTool) return {Answer::Kind::kNothing, "", ""};
  const std::string text = event.call->arguments.Dump();
  if (text.find("deny-me") != std::string::npos) return {Answer::Kind::kDeny, "the stand-in denies this", ""};
  if (text.find("rewrite-me") != std::string::npos) return {Answer::Kind::kRewrite, "rewritten", "echo rewritten > rewritten.txt"};
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
  return Write(WriteAnswer(*event, Decide(*event)));
}
