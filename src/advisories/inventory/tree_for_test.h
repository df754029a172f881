// A directory that goes with the test, and files in it by one call each.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace checkrein::advisories {

class Tree {
 public:
  Tree() {
    std::string name = testing::TempDir() + "checkrein-advisories-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = std::filesystem::canonical(name);
  }
  ~Tree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const std::string& root() const { return root_; }
  std::string At(const std::string& path) const { return root_ + "/" + path; }
  void Write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(At(path)).parent_path());
    std::ofstream(At(path), std::ios::binary) << text;
  }
  void Program(const std::string& path, const std::string& text = "#!/bin/sh\n") const {
    Write(path, text);
    chmod(At(path).c_str(), 0755);
  }
  void Link(const std::string& to, const std::string& path) const {
    std::filesystem::create_directories(std::filesystem::path(At(path)).parent_path());
    std::filesystem::create_symlink(to, At(path));
  }

 private:
  std::string root_;
};

}  // namespace checkrein::advisories
