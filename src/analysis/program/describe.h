// Inside analysis/program/: what the table says of a command, and the hooks for what no table can say.
#pragma once

#include <string_view>

#include "analysis/program/context.h"
#include "analysis/program/parse.h"

namespace checkrein::analysis {

// Whether the table's own description follows the special one.
enum class Then : uint8_t { kTable, kDone };

// One for each Special; each in the file named after it. exec:PROGRAM has been added already.
Then DescribeShell(Context& c, const Parsed& p);
Then DescribeInterpreter(Context& c, const Parsed& p);
Then DescribeFind(Context& c, const Parsed& p);
Then DescribeSed(Context& c, const Parsed& p);
Then DescribeAwk(Context& c, const Parsed& p);
Then DescribeXargs(Context& c, const Parsed& p);
Then DescribeTar(Context& c, const Parsed& p);
Then DescribeGit(Context& c, const Parsed& p);
Then DescribeCurl(Context& c, const Parsed& p);
Then DescribeDd(Context& c, const Parsed& p);
Then DescribeEcho(Context& c, const Parsed& p);
Then DescribePrintf(Context& c, const Parsed& p);
Then DescribeEnv(Context& c, const Parsed& p);
Then DescribeSsh(Context& c, const Parsed& p);
Then DescribeScp(Context& c, const Parsed& p);
Then DescribeCloud(Context& c, const Parsed& p);
Then DescribeSocat(Context& c, const Parsed& p);
Then DescribeDc(Context& c, const Parsed& p);
Then DescribeCompiler(Context& c, const Parsed& p);
Then DescribeGrep(Context& c, const Parsed& p);
Then DescribeCopy(Context& c, const Parsed& p);
Then DescribeDocker(Context& c, const Parsed& p);
Then DescribeBase64(Context& c, const Parsed& p);
Then DescribeCat(Context& c, const Parsed& p);
Then DescribeJq(Context& c, const Parsed& p);
Then DescribeNc(Context& c, const Parsed& p);
Then DescribeChmod(Context& c, const Parsed& p);
Then DescribeVim(Context& c, const Parsed& p);
Then DescribeSql(Context& c, const Parsed& p);
Then DescribeAt(Context& c, const Parsed& p);
Then DescribeService(Context& c, const Parsed& p);
Then DescribeRunParts(Context& c, const Parsed& p);
Then DescribeSysctl(Context& c, const Parsed& p);
Then DescribeMount(Context& c, const Parsed& p);
Then DescribeSshfs(Context& c, const Parsed& p);
Then DescribeM4(Context& c, const Parsed& p);
Then DescribeCpio(Context& c, const Parsed& p);
Then DescribeYq(Context& c, const Parsed& p);
Then DescribeStem(Context& c, const Parsed& p);
Then DescribePs(Context& c, const Parsed& p);
Then DescribeStrace(Context& c, const Parsed& p);
Then DescribeForge(Context& c, const Parsed& p);
Then DescribeLdd(Context& c, const Parsed& p);

// The pieces of the table's description, for specials that want some of them.
void JqFilter(Context& c, const Word& filter);
void DescribeTable(Context& c, const Parsed& p);
void DescribeOptions(Context& c, const Parsed& p);    // folder, roles of option values, unknown options
void DescribeArguments(Context& c, const Parsed& p);  // roles of arguments; effects of having none
void ApplyRole(Context& c, const Parsed& p, Role role, const Word& word);
void ApplyCommand(Context& c, const Parsed& p, size_t first_argument);  // arguments[first..] are a command
void StdinIsCode(Context& c, std::string_view shell); // `shell` is "" when the language is not a shell's

// Adds what the words of an opaque command name.
void Mentions(Context& c);

// The first that the chain says, from the sub-command outwards.
// Whether standard input is more than the command's own words: a file's bytes, or another program's output.
bool SendsInput(const Context& c);

std::string_view ManagerOf(const Parsed& p);
uint16_t PortOf(const Parsed& p);
bool Executes(const Parsed& p);

}  // namespace checkrein::analysis
