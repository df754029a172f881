#include "report/page.h"

#include <zlib.h>

#include <algorithm>

#include "audit/merkle.h"
#include "audit/tile.h"
#include "base/bytes.h"
#include "report/baseline.h"
#include "report/promise.h"
#include "report/row.h"
#include "report/standards.h"
#include "report/text.h"

namespace checkrein::report {
namespace {

constexpr size_t kRowsInOnePart = 4096;
constexpr size_t kMaxLaneText = 400;      // bytes of a lane in the list; the whole stands in the record
constexpr size_t kMaxEffectsText = 800;   // bytes of effects that a filter looks through

struct Text {
  std::string_view file;
  std::string_view text;
};
constexpr Text kTexts[] = {
#include "page_texts.inc"  // made from data/report/ by cmake/CheckreinTexts.cmake
};

std::string_view Part(std::string_view file) {
  for (const Text& text : kTexts) {
    if (text.file == file) return text.text;
  }
  std::abort();
}

std::string Deflate(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  // Cannot fail: the buffer is as large as zlib itself says, and memory that is not there ends the process.
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 6) != Z_OK) std::abort();
  out.resize(size);
  return out;
}

std::string Element(const std::string& id, std::string_view bytes) { return "<div hidden id=\"" + id + "\">" + Base64Encode(AsBytes(bytes)) + "</div>\n"; }

std::string Clipped(const std::string& text, size_t cap) {
  if (text.size() <= cap) return text;
  size_t keep = cap;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0) == 0x80) --keep;
  return text.substr(0, keep) + "…";
}

json::Array Strings(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

// [[what, value, points], ...]: the points are the whole score, each reason's share of it exact.
json::Value OddValue(const Anomaly& odd) {
  json::Array reasons;
  for (const AnomalyReason& reason : odd.reasons) reasons.emplace_back(json::Array{json::Value(reason.what), json::Value(reason.value), json::Value(reason.points)});
  return json::Value(std::move(reasons));
}

json::Value RowValue(const Row& row, const Anomaly& odd) {
  std::string effects;
  for (const auto* list : {&row.predicted, &row.observed}) {
    for (const std::string& effect : *list) {
      if (effects.size() < kMaxEffectsText) effects += effect + " ";
    }
  }
  json::Array out;
  out.emplace_back(static_cast<int64_t>(row.index));
  out.emplace_back(row.outcome);
  out.emplace_back(row.result);
  for (const std::string* text : {&row.kind, &row.time, &row.session, &row.client, &row.tool, &row.verdict, &row.course}) out.emplace_back(Clipped(*text, kMaxLaneText));
  for (const std::string* text : {&row.said, &row.did, &row.happened}) out.emplace_back(Clipped(*text, kMaxLaneText));
  out.emplace_back(Strings(row.labels));
  out.emplace_back(Strings(row.policies));
  out.emplace_back(row.score);
  out.emplace_back(Strings(row.standards));
  out.emplace_back(static_cast<int64_t>(row.lane));
  out.emplace_back(int64_t{row.differs() ? 1 : 0});
  out.emplace_back(effects);
  out.emplace_back(OddValue(odd));
  return out;
}

class Page {
 public:
  Page(const PageInput& input, const Sink& sink) : input_(input), sink_(sink) {}

  Status Write() {
    if (input_.size > kMaxPageRecords) return Error{Error::Kind::kLimit, "report: the log has more than " + std::to_string(kMaxPageRecords) + " records; choose some with --from, --to"};
    Status done = ReadAll();
    if (done) done = WriteHead();
    if (done) done = WriteRows();
    for (uint64_t chunk = 0; done && chunk < roots_.size(); ++chunk) {
      if (chunks_.contains(chunk)) done = WriteChunk(chunk);
    }
    if (done) done = sink_(tail_);
    return done;
  }

 private:
  Status ReadAll() {
    audit::RightEdge edge, chunk;
    shown_.resize(input_.size);
    for (uint64_t i = 0; i < input_.size; ++i) {
      const Result<std::string> bytes = input_.read(i);
      if (!bytes) return bytes.error();
      leaves_.push_back(audit::LeafHash(*bytes));
      edge.Append(leaves_.back());
      chunk.Append(leaves_.back());
      if (chunk.size() == audit::kTileWidth || i + 1 == input_.size) {
        roots_.push_back(chunk.Root());
        chunk = {};
      }
      if (i < input_.from || i >= input_.to) continue;
      const Result<json::Value> record = json::Parse(*bytes);
      if (record && !input_.session.empty() && record->Text("session") != input_.session && !Belongs(*record)) continue;
      if (!record && !input_.session.empty()) continue;
      shown_[i] = true;
      chunks_[i / audit::kTileWidth] = true;
      if (record) modes_.Feed(*record);
      if (record) rows_.Feed(i, *record);
      else rows_.FeedUnreadable(i);
    }
    if (edge.Root() != input_.root) return Error{Error::Kind::kInvalid, "report: the records do not lead to the signed root; run `checkrein log verify`"};
    return Done{};
  }

  // Outcomes name no session; they belong with their action.
  bool Belongs(const json::Value& record) const {
    const int64_t ref = record.Integer("ref", -1);
    return ref >= 0 && rows_.Find(static_cast<uint64_t>(ref)) != nullptr;
  }

  json::Value Meta() const {
    std::string roots;
    for (const Digest& root : roots_) roots += AsText(root);
    json::Array chunks, statements, promises;
    for (const std::string& line : modes_.Lines()) promises.emplace_back(line);
    for (const auto& [chunk, any] : chunks_) chunks.emplace_back(static_cast<int64_t>(chunk));
    for (const std::string& statement : input_.statements) statements.emplace_back(Plain(statement));
    json::Value policies{json::Object{}};
    for (const auto& [id, source] : input_.policies) policies.Set(id, source);
    json::Value meta;
    meta.Set("format", "checkrein report 1").Set("made", input_.made).Set("origin", input_.vkey.substr(0, input_.vkey.find('+'))).Set("vkey", input_.vkey);
    meta.Set("checkpoint", input_.checkpoint).Set("chunk_roots", Base64Encode(AsBytes(roots))).Set("chunks", std::move(chunks));
    meta.Set("row_parts", static_cast<int64_t>((rows_.all().size() + kRowsInOnePart - 1) / kRowsInOnePart));
    meta.Set("promises", std::move(promises)).Set("statements", std::move(statements)).Set("policies", std::move(policies)).Set("standards", StandardsVersion());
    return meta;
  }

  Status WriteHead() {
    const auto digest = [](std::string_view text) { return "'sha256-" + Base64Encode(Sha256(text)) + "'"; };
    const std::string_view style = Part("page.css"), script = Part("page.js");
    const std::string csp = "default-src 'none'; script-src " + digest(script) + "; style-src " + digest(style) + "; base-uri 'none'; form-action 'none'";
    std::string html(Part("page.html"));
    const auto fill = [&html](std::string_view mark, std::string_view text) { html.replace(html.find(mark), mark.size(), text); };
    fill("{{CSP}}", csp);
    fill("{{STYLE}}", style);
    const size_t data = html.find("{{DATA}}");
    tail_ = html.substr(data + 8);
    tail_.replace(tail_.find("{{SCRIPT}}"), 10, script);
    if (Status head = sink_(html.substr(0, data)); !head) return head;
    return sink_(Element("meta", Meta().Dump()));
  }

  Status WriteRows() {
    const std::vector<Row>& rows = rows_.all();
    Baseline usual;  // of the actions that are shown before each
    for (size_t at = 0; at < rows.size(); at += kRowsInOnePart) {
      json::Array part;
      for (size_t i = at; i < std::min(rows.size(), at + kRowsInOnePart); ++i) {
        part.push_back(RowValue(rows[i], rows[i].is_action() ? usual.Judge(rows[i]) : Anomaly{}));
        usual.Learn(rows[i]);
      }
      if (Status written = sink_(Element("r" + std::to_string(at / kRowsInOnePart), Deflate(json::Value(std::move(part)).Dump()))); !written) return written;
    }
    return Done{};
  }

  Status WriteChunk(uint64_t chunk) {
    const uint64_t begin = chunk * audit::kTileWidth, end = std::min<uint64_t>(begin + audit::kTileWidth, input_.size);
    std::string bundle;
    for (uint64_t i = begin; i < end; ++i) {
      if (!shown_[i]) {
        bundle += std::string(2, '\0');
        continue;
      }
      const Result<std::string> bytes = input_.read(i);
      if (!bytes) return bytes.error();
      bundle += audit::BundleEntry(*bytes);
    }
    if (Status written = sink_(Element("k" + std::to_string(chunk), Deflate(bundle))); !written) return written;
    return sink_(Element("t" + std::to_string(chunk), audit::TileBytes(std::span(leaves_).subspan(begin, end - begin))));
  }

  const PageInput& input_;
  const Sink& sink_;
  std::vector<Digest> leaves_, roots_;   // of records; of chunks of 256
  std::vector<bool> shown_;
  std::map<uint64_t, bool> chunks_;      // those with a record that is shown
  Rows rows_;
  Modes modes_;                          // of the records that are shown
  std::string tail_;
};

}  // namespace

Status WritePage(const PageInput& input, const Sink& sink) { return Page(input, sink).Write(); }

}  // namespace checkrein::report
