// The words of the schema that every request uses, with numbers that are the same in every compiled set: building a request looks for none
// of them.
//
//   Result<std::string> image = CompileSet(policies);
//   facts.Uid(kHost, facts.Text(name));          // kHost is a cedar::Symbol, kExec a cedar::UidNumber
#pragma once

#include <string>

#include "base/result.h"
#include "cedar/program.h"

namespace checkrein::policy {

// In the order of kTexts in words.cc.
enum Word : cedar::Symbol {
  kSession, kClient, kLabel, kAction, kPath, kPathGroup, kProgram, kProgramGroup, kHost, kHostGroup, kPrivilege, kPackage, kManager, kRemote, kTool, kToolServer,
  kSetting, kUnknown, kDepth, kLabels, kName, kProgramPath, kExact, kIncludes, kMayInclude, kPort, kIp, kApproved, kSandboxed, kCoverage, kCommands, kWords
};

// In the order of kEntities there.
enum KnownEntity : cedar::UidNumber {
  kReadFile, kWriteFile, kDeleteFile, kExec, kConnect, kListen, kUsePrivilege, kInstallPackage, kPushData, kCallTool, kConfigure, kDoUnknown,
  kFile, kChange, kSend, kUntrusted, kSecret, kQuarantined, kUnapproved, kPii, kFull, kPartial, kOpaque, kEntities
};

// Labels stand one after another.
inline constexpr KnownEntity kFirstLabel = kUntrusted;
inline constexpr size_t kLabelCount = kFull - kFirstLabel;

std::string_view TextOf(Word word);
std::string_view IdOf(KnownEntity entity);  // "WriteFile"

// The flat form in which these words have their numbers.
Result<std::string> CompileSet(const cedar::PolicySet& policies);

}  // namespace checkrein::policy
