#include "agent/patch.h"

#include <array>
#include <optional>

namespace checkrein::agent {
namespace {

constexpr std::string_view kBegin = "*** Begin Patch";
enum class Header { kAdd, kDelete, kUpdate, kMove };
struct Marker {
  std::string_view text;
  Header header;
};
constexpr std::array<Marker, 4> kMarkers = {{{"*** Add File:", Header::kAdd},
                                             {"*** Delete File:", Header::kDelete},
                                             {"*** Update File:", Header::kUpdate},
                                             {"*** Move to:", Header::kMove}}};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
bool IsHigh(char c) { return static_cast<unsigned char>(c) >= 0x80; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The clients trim by their language's idea of white space, which knows more of it than ASCII. A name that begins or ends with
// a byte beyond ASCII that could be such a space is not taken at its word. Every Unicode space begins with one of these bytes.
bool MayBeUnicodeSpace(std::string_view name) {
  const auto lead = [](char c) { return c == '\xC2' || c == '\xE1' || c == '\xE2' || c == '\xE3' || c == '\xEF'; };
  if (lead(name.front())) return true;
  for (size_t i = 2; i <= 3 && i <= name.size(); ++i)
    if (lead(name[name.size() - i])) return true;
  return false;
}

struct Found {
  Header header;
  std::string_view name;
};

// The file header that `line` is, if nothing stands before the marker but what a client may trim away.
std::optional<Found> ReadHeader(std::string_view line) {
  size_t at = 0;
  while (at < line.size() && (IsBlank(line[at]) || IsHigh(line[at]))) ++at;
  for (const Marker& marker : kMarkers)
    if (line.substr(at).starts_with(marker.text)) return Found{marker.header, Trim(line.substr(at + marker.text.size()))};
  return std::nullopt;
}

}  // namespace

PatchPaths ReadPatchPaths(std::string_view patch) {
  PatchPaths found;
  found.understood = Trim(patch.substr(0, patch.find('\n'))) == kBegin;
  std::string updated;  // the file of the last Update header: a Move takes it away
  while (!patch.empty()) {
    const size_t end = patch.find('\n');
    const std::optional<Found> header = ReadHeader(patch.substr(0, end));
    patch = end == std::string_view::npos ? std::string_view() : patch.substr(end + 1);
    if (!header) continue;
    if (header->name.empty() || MayBeUnicodeSpace(header->name)) found.understood = false;
    if (header->name.empty()) continue;
    found.paths.emplace_back(header->name);
    if (header->header == Header::kDelete) found.deletes.emplace_back(header->name);
    if (header->header == Header::kUpdate) updated = header->name;
    if (header->header == Header::kMove && !updated.empty()) found.deletes.push_back(updated);
  }
  if (found.paths.empty()) found.understood = false;
  return found;
}

}  // namespace checkrein::agent
