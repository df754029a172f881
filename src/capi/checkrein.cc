// libcheckrein: include/checkrein/checkrein.h over monitor/check_line.h. Every argument may be NULL; every way out but success leaves *out NULL.
#include "checkrein/checkrein.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "effect/printable.h"
#include "effect/verdict.h"
#include "monitor/check_line.h"
#include "monitor/settings.h"
#include "policy/decide.h"

#define CKR_EXPORT __attribute__((visibility("default")))

using checkrein::Error;
using checkrein::Result;
using checkrein::Verdict;

struct ckr_engine {
  checkrein::policy::PolicySet policies;
};

struct ckr_decision {
  Verdict verdict = Verdict::kDeny;
  std::string json;
};

static_assert(static_cast<int>(Verdict::kDeny) == CKR_DENY && static_cast<int>(Verdict::kAsk) == CKR_ASK);
static_assert(static_cast<int>(Verdict::kContain) == CKR_CONTAIN && static_cast<int>(Verdict::kAllow) == CKR_ALLOW);

namespace {

ckr_status StatusOf(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::kInvalid:
    case Error::Kind::kDenied: return CKR_INVALID;
    case Error::Kind::kNotFound:
    case Error::Kind::kIo: return CKR_IO;
    case Error::Kind::kUnsupported:
    case Error::Kind::kLimit: return CKR_UNSUPPORTED;
    case Error::Kind::kInternal: break;
  }
  return CKR_INTERNAL;
}

ckr_status Fail(ckr_error* err, ckr_status status, std::string_view text) {
  if (err == nullptr) return status;
  const std::string shown = checkrein::Printable(text);
  size_t n = std::min(shown.size(), sizeof err->text - 1);
  while (n > 0 && n < shown.size() && (static_cast<unsigned char>(shown[n]) & 0xC0) == 0x80) --n;  // not within a character
  err->status = status;
  std::memcpy(err->text, shown.data(), n);
  err->text[n] = '\0';
  return status;
}

ckr_status Succeed(ckr_error* err) {
  if (err != nullptr) *err = ckr_error{CKR_OK, {}};
  return CKR_OK;
}

Result<checkrein::policy::PolicySet> LoadFrom(std::string_view directory) {
  if (directory.empty()) return checkrein::policy::PolicySet::Shipped("base");
  const auto texts = checkrein::monitor::ReadPolicyDirectory(std::string(directory));
  if (!texts) return texts.error();
  return checkrein::policy::PolicySet::Load("base", *texts, {});
}

constexpr std::string_view kNoDecision = R"({"verdict":"deny","why":"there is no decision"})";

}  // namespace

extern "C" {

CKR_EXPORT ckr_status ckr_engine_open(const char* dir, size_t dir_len, ckr_engine** out, ckr_error* err) {
  if (out == nullptr) return Fail(err, CKR_INVALID, "out: must not be NULL");
  *out = nullptr;
  if (dir == nullptr && dir_len != 0) return Fail(err, CKR_INVALID, "dir: is NULL, and its length is not 0");
  const std::string_view directory(dir == nullptr ? "" : dir, dir_len);
  if (directory.find('\0') != std::string_view::npos) return Fail(err, CKR_INVALID, "dir: has a NUL in it");
  Result<checkrein::policy::PolicySet> policies = LoadFrom(directory);
  if (!policies) return Fail(err, StatusOf(policies.error().kind), policies.error().text);
  *out = new ckr_engine{std::move(policies).take()};
  return Succeed(err);
}

CKR_EXPORT void ckr_engine_free(ckr_engine* engine) { delete engine; }

CKR_EXPORT ckr_status ckr_decide(ckr_engine* engine, const char* event, size_t event_len, ckr_decision** out, ckr_error* err) {
  if (out == nullptr) return Fail(err, CKR_INVALID, "out: must not be NULL");
  *out = nullptr;
  if (engine == nullptr) return Fail(err, CKR_INVALID, "engine: must not be NULL");
  if (event == nullptr && event_len != 0) return Fail(err, CKR_INVALID, "event: is NULL, and its length is not 0");
  if (event_len > CKR_MAX_EVENT_BYTES) return Fail(err, CKR_UNSUPPORTED, "event: more than 4 MiB");
  checkrein::monitor::CheckSetup setup;
  setup.policies = &engine->policies;
  setup.id = checkrein::monitor::CheckSetup::Id::kOptional;
  const checkrein::json::Value answer = checkrein::monitor::CheckLine(std::string_view(event == nullptr ? "" : event, event_len), setup);
  if (answer.Find("error") != nullptr) return Fail(err, CKR_INVALID, "event: " + std::string(answer.Text("error")));
  const auto verdict = checkrein::VerdictFromName(answer.Text("verdict"));
  if (!verdict) return Fail(err, CKR_INTERNAL, "the decision has no verdict");
  *out = new ckr_decision{*verdict, answer.Dump()};
  return Succeed(err);
}

CKR_EXPORT ckr_verdict ckr_decision_verdict(const ckr_decision* decision) {
  return decision == nullptr ? CKR_DENY : static_cast<ckr_verdict>(decision->verdict);
}

CKR_EXPORT const char* ckr_decision_json(const ckr_decision* decision, size_t* len) {
  if (len != nullptr) *len = decision == nullptr ? kNoDecision.size() : decision->json.size();
  return decision == nullptr ? kNoDecision.data() : decision->json.c_str();
}

CKR_EXPORT void ckr_decision_free(ckr_decision* decision) { delete decision; }

}  // extern "C"
