#include "checkrein/checkrein.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

class Engine {
 public:
  explicit Engine(const std::string& dir = "") { status_ = ckr_engine_open(dir.data(), dir.size(), &engine_, &error_); }
  ~Engine() { ckr_engine_free(engine_); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ckr_engine* get() const { return engine_; }
  ckr_status status() const { return status_; }
  std::string text() const { return error_.text; }

 private:
  ckr_engine* engine_ = nullptr;
  ckr_status status_ = CKR_INTERNAL;
  ckr_error error_{};
};

struct Answer {
  ckr_status status = CKR_INTERNAL;
  ckr_verdict verdict = CKR_DENY;
  std::string json, error;
  bool decided = false;
};

Answer Decide(const Engine& engine, const std::string& event) {
  Answer answer;
  ckr_decision* decision = nullptr;
  ckr_error error{};
  answer.status = ckr_decide(engine.get(), event.data(), event.size(), &decision, &error);
  answer.decided = decision != nullptr;
  answer.verdict = ckr_decision_verdict(decision);
  size_t len = 0;
  const char* json = ckr_decision_json(decision, &len);
  answer.json.assign(json, len);
  answer.error = error.text;
  EXPECT_EQ(std::strlen(json), len);
  ckr_decision_free(decision);
  return answer;
}

class PolicyFolder {
 public:
  PolicyFolder() {
    char name[] = "/tmp/checkrein_capi_XXXXXX";
    path_ = mkdtemp(name) == nullptr ? "" : name;
  }
  ~PolicyFolder() {
    unlink((path_ + "/a.cedar").c_str());
    rmdir(path_.c_str());
  }
  PolicyFolder(const PolicyFolder&) = delete;
  PolicyFolder& operator=(const PolicyFolder&) = delete;
  void Write(const std::string& text) { std::ofstream(path_ + "/a.cedar") << text; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(CApi, DecidesCommandsAndEvents) {
  const Engine engine;
  ASSERT_EQ(engine.status(), CKR_OK) << engine.text();
  EXPECT_EQ(Decide(engine, R"({"command":"ls"})").verdict, CKR_ALLOW);
  EXPECT_NE(Decide(engine, R"({"id":7,"command":"ls"})").json.find(R"("id":7)"), std::string::npos);
  const std::string head = R"({"client":"claude","event":{"session_id":"s","hook_event_name":"PreToolUse","cwd":"/home/user/project",)";
  const Answer read = Decide(engine, head + R"("tool_name":"Read","tool_input":{"file_path":"/home/user/project/a.c"}}})");
  EXPECT_EQ(read.verdict, CKR_ALLOW) << read.json << read.error;
  EXPECT_NE(read.json.find("read:/home/user/project/a.c"), std::string::npos) << read.json;
  const Answer key = Decide(engine, head + R"("tool_name":"Read","tool_input":{"file_path":"/home/user/.ssh/id_ed25519"}}})");
  EXPECT_EQ(key.status, CKR_OK) << key.error;
  EXPECT_LT(key.verdict, CKR_CONTAIN) << key.json;
}

TEST(CApi, RefusesWhatCannotBeJudged) {
  const Engine engine;
  const std::string bad[] = {"",
                             "null",
                             "[]",
                             "{}",
                             "{\"command\":1}",
                             "{\"command\":\"ls\",\"command\":\"ls\"}",
                             "{\"command\":\"ls\",\"client\":\"claude\",\"event\":{}}",
                             "{\"command\":\"ls\\u0000\"}",
                             "{\"command\":\"ls\",\"cwd\":\"here\"}",
                             "{\"command\":\"ls\",\"labels\":\"untrusted\"}",
                             "{\"client\":\"nobody\",\"event\":{}}",
                             "{\"client\":\"claude\",\"event\":{\"session_id\":\"s\",\"hook_event_name\":\"Stop\",\"cwd\":\"/w\"}}",
                             "{\"client\":\"claude\",\"event\":{\"session_id\":\"s\",\"hook_event_name\":\"Newer\",\"cwd\":\"/w\"}}",
                             std::string(100'000, '[')};
  for (const std::string& event : bad) {
    const Answer answer = Decide(engine, event);
    EXPECT_EQ(answer.status, CKR_INVALID) << event.substr(0, 100);
    EXPECT_EQ(answer.verdict, CKR_DENY) << event.substr(0, 100);
    EXPECT_FALSE(answer.decided) << event.substr(0, 100);
    EXPECT_NE(answer.error, "") << event.substr(0, 100);
  }
  const Answer large = Decide(engine, "{\"command\":\"" + std::string(CKR_MAX_EVENT_BYTES, 'a') + "\"}");
  EXPECT_EQ(large.status, CKR_UNSUPPORTED);
  EXPECT_EQ(large.verdict, CKR_DENY);
  EXPECT_EQ(Decide(engine, "{\"labels\":[\"nobody-knows-it\"],\"command\":\"ls\"}").verdict, CKR_DENY);
}

TEST(CApi, NullIsRefusedEverywhere) {
  const Engine engine;
  ckr_error error{};
  ckr_decision* decision = nullptr;
  ckr_engine* other = nullptr;
  EXPECT_EQ(ckr_engine_open("", 0, nullptr, &error), CKR_INVALID);
  EXPECT_EQ(ckr_engine_open(nullptr, 1, &other, &error), CKR_INVALID);
  EXPECT_EQ(ckr_decide(nullptr, "{}", 2, &decision, &error), CKR_INVALID);
  EXPECT_EQ(ckr_decide(engine.get(), "{}", 2, nullptr, &error), CKR_INVALID);
  EXPECT_EQ(ckr_decide(engine.get(), nullptr, 2, &decision, &error), CKR_INVALID);
  EXPECT_EQ(ckr_decide(engine.get(), nullptr, 0, &decision, nullptr), CKR_INVALID);
  EXPECT_EQ(decision, nullptr);
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(ckr_decision_verdict(nullptr), CKR_DENY);
  EXPECT_STREQ(ckr_decision_json(nullptr, nullptr), R"({"verdict":"deny","why":"there is no decision"})");
  ckr_decision_free(nullptr);
  ckr_engine_free(nullptr);
}

TEST(CApi, ADirectoryAddsToTheBaseSet) {
  PolicyFolder folder;
  folder.Write("@id(\"no-list\") forbid (principal, action, resource);\n");
  const Engine strict(folder.path());
  ASSERT_EQ(strict.status(), CKR_OK) << strict.text();
  const Answer answer = Decide(strict, R"({"command":"ls"})");
  EXPECT_EQ(answer.verdict, CKR_DENY);
  EXPECT_NE(answer.json.find("no-list"), std::string::npos) << answer.json;
}

TEST(CApi, APolicyThatIsBrokenOrAbsentGivesNoEngine) {
  PolicyFolder folder;
  folder.Write("permit (principal, action, resource) when { " + std::string(2000, 'x') + "\xF0\x9F");
  const Engine broken(folder.path());
  EXPECT_EQ(broken.status(), CKR_INVALID);
  EXPECT_EQ(broken.get(), nullptr);
  EXPECT_NE(broken.text().find("a.cedar"), std::string::npos) << broken.text();
  const Engine absent(folder.path() + "/none");
  EXPECT_EQ(absent.status(), CKR_IO);
  EXPECT_EQ(absent.get(), nullptr);
  EXPECT_EQ(Engine(std::string("/tmp\0/x", 7)).status(), CKR_INVALID);
}

TEST(CApi, ErrorsAreCutAtACharacter) {
  std::string name = "/";
  for (int i = 0; i < 400; ++i) name += "\xC3\xA9";  // a directory that is not there, 801 bytes
  const Engine engine(name);
  const std::string text = engine.text();
  EXPECT_LT(text.size(), sizeof ckr_error{}.text);
  EXPECT_GT(text.size(), sizeof ckr_error{}.text - 4);
  EXPECT_EQ(text.substr(text.size() - 2), "\xC3\xA9");
}

TEST(CApi, OneEngineServesManyThreads) {
  const Engine engine;
  const std::string expected = Decide(engine, R"({"command":"rm -r build && ls /etc"})").json;
  std::vector<std::string> got(4);
  std::vector<std::thread> threads;
  for (std::string& json : got)
    threads.emplace_back([&engine, &json] {
      for (int i = 0; i < 50; ++i) json = Decide(engine, R"({"command":"rm -r build && ls /etc"})").json;
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& json : got) EXPECT_EQ(json, expected);
}

}  // namespace
