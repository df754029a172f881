#include "monitor/pinned.h"

#include "base/bytes.h"
#include "base/fields.h"
#include "base/path.h"

namespace checkrein::monitor {
namespace {

constexpr int64_t kMaxServers = 65'536;  // of a report; the file of pins is bounded

}  // namespace

advisories::Eyes EyesOf(const LiveWorld& world, const std::string& workspace) {
  const auto is_elsewhere = [&world, workspace](const std::string& path) { return !IsBeneath(path, workspace) && !world.Stamp(path); };
  return {[&world, is_elsewhere](const std::string& path) {
            const std::optional<advisories::FileStamp> stamp = world.Stamp(path);
            return stamp || !is_elsewhere(path) ? stamp : LiveWorld::OfThisProcess().Stamp(path);
          },
          [&world, is_elsewhere](const std::string& path, size_t cap) { return is_elsewhere(path) ? LiveWorld::OfThisProcess().Read(path, cap) : world.Read(path, cap); }};
}

std::vector<advisories::ConfigText> ReadConfigs(const LiveWorld& world, const std::string& home, const std::string& workspace, std::string_view client) {
  std::vector<advisories::ConfigText> texts;
  for (advisories::ConfigPlace& place : advisories::ConfigPlaces(home, workspace)) {
    if (!place.Serves(client)) continue;
    advisories::ConfigText text;
    text.text = world.Read(place.path, advisories::kMaxConfigFile);
    text.broken = !text.text && world.Stamp(place.path).has_value();
    text.place = std::move(place);
    if (text.text || text.broken) texts.push_back(std::move(text));
  }
  return texts;
}

std::string EncodePins(const advisories::PinReport& report) {
  FieldWriter w;
  w.AddList(report.changed).AddNumber(static_cast<int64_t>(report.servers.size()));
  for (const advisories::ServerPin& pin : report.servers) w.Add(pin.name).Add(pin.workspace).Add(AsText(pin.digest)).Add(AsText(pin.tools));
  return w.bytes();
}

std::optional<advisories::PinReport> DecodePins(std::string_view bytes) {
  FieldReader r(bytes);
  advisories::PinReport report;
  report.changed = r.List();
  const int64_t count = r.Number();
  if (count < 0 || count > kMaxServers) return std::nullopt;
  for (int64_t i = 0; i < count && r.ok(); ++i) {
    advisories::ServerPin pin;
    pin.name = r.Text();
    pin.workspace = r.Text();
    r.Bytes(pin.digest);
    r.Bytes(pin.tools);
    report.servers.push_back(std::move(pin));
  }
  if (!r.AtEnd()) return std::nullopt;
  return report;
}

std::string EncodeConfigs(const std::vector<advisories::ConfigText>& texts) {
  FieldWriter w;
  w.AddNumber(static_cast<int64_t>(texts.size()));
  for (const advisories::ConfigText& text : texts) {
    w.Add(text.place.clients).Add(text.place.scope).Add(text.place.path).AddNumber(static_cast<int>(text.place.shape)).AddNumber(text.broken).AddNumber(text.text.has_value());
    w.Add(text.text ? std::string_view(*text.text) : std::string_view());
  }
  return w.bytes();
}

std::optional<std::vector<advisories::ConfigText>> DecodeConfigs(std::string_view bytes) {
  FieldReader r(bytes);
  std::vector<advisories::ConfigText> texts;
  const int64_t count = r.Number();
  if (count < 0 || count > kMaxServers) return std::nullopt;
  for (int64_t i = 0; i < count && r.ok(); ++i) {
    advisories::ConfigText text;
    text.place.clients = r.Text();
    text.place.scope = r.Text();
    text.place.path = r.Text();
    const int64_t shape = r.Number();
    if (shape < 0 || shape > static_cast<int64_t>(advisories::ServerShape::kEditor)) return std::nullopt;
    text.place.shape = static_cast<advisories::ServerShape>(shape);
    text.broken = r.Number() != 0;
    const bool there = r.Number() != 0;
    const std::string_view bytes_of_file = r.Text();
    if (there) text.text = std::string(bytes_of_file);
    texts.push_back(std::move(text));
  }
  if (!r.AtEnd()) return std::nullopt;
  return texts;
}

}  // namespace checkrein::monitor
