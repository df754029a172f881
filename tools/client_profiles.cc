// Build tool: the files of data/clients -> constants that src/agent/profile.cc includes.
//   client_profiles FILE... OUT
// Refuses a .json file that is not JSON of a known format, and a text that ends the raw string early.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/json.h"
#include "base/path.h"

namespace {

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "client_profiles: %s\n", text.c_str());
  std::exit(1);
}

constexpr const char* kEnd = ")CKRDATA\"";

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Fail(path + ": cannot be read");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.find(kEnd) != std::string::npos) Fail(path + ": holds " + kEnd);
  return text;
}

void CheckJson(const std::string& path, const std::string& text) {
  const auto value = checkrein::json::Parse(text);
  if (!value) Fail(path + ": " + value.error().text);
  const std::string_view format = value->Text("format");
  if (format != "checkrein-client-profile-v1" && format != "checkrein-client-base-v1") Fail(path + ": unknown format");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) Fail("usage: client_profiles FILE... OUT");
  std::string rows;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string path = argv[i];
    const std::string text = Read(path);
    if (path.ends_with(".json")) CheckJson(path, text);
    rows += "    {\"" + std::string(checkrein::BaseName(path)) + "\", R\"CKRDATA(" + text + kEnd + "},\n";
  }
  std::ofstream(argv[argc - 1], std::ios::binary) << "constexpr EmbeddedFile kEmbeddedFiles[] = {\n" << rows << "};\n";
  return 0;
}
