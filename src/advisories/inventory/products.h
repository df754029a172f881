// The agent clients that the inventory knows: their packages, programs, and where their own installers put them. Facts with their source;
// nothing here is found out by running a client.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace checkrein::advisories {

struct Product {
  std::string_view client;     // as in data/clients; or another product's name
  std::string_view package;    // npm's name; "" when it is not published there
  std::span<const std::string_view> programs;
};
std::span<const Product> Products();
const Product* ProductOfClient(std::string_view client);
const Product* ProductOfProgram(std::string_view name);

// The product whose package `name` is, or whose program for one platform it holds ("@openai/codex-linux-x64").
const Product* ProductOfPackage(std::string_view name);
// `version` without the platform that some packages add to it ("0.169.0-linux-x64").
std::string_view PlainVersion(std::string_view version);

// What a path alone tells of a program that its maker's own installer put there.
struct NativeProgram {
  std::string_view client;
  std::string version;   // "" when the path does not tell
  std::string layout;    // where this is known from, for people
};
std::optional<NativeProgram> NativeFromPath(std::string_view real_path);

// Places below a home where such installers keep whole versions: `directory`/VERSION[/below] is the program.
struct NativePlace {
  std::string_view client;
  std::string_view directory;  // relative to the home
  std::string_view below;      // "" when the version itself is the file
};
std::span<const NativePlace> NativePlaces();

}  // namespace checkrein::advisories
