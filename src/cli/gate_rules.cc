// The compiled rules of tools/gate_rules.cc, as bytes of the program.
#include "cli/gate.h"

__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".global checkrein_gate_rules_begin\n"
    ".global checkrein_gate_rules_end\n"
    "checkrein_gate_rules_begin:\n"
    ".incbin \"" CHECKREIN_GATE_RULES "\"\n"
    "checkrein_gate_rules_end:\n"
    ".byte 0\n"
    ".section .text\n");

extern "C" {
extern const char checkrein_gate_rules_begin[];
extern const char checkrein_gate_rules_end[];
}

namespace checkrein::cli {

std::string_view CompiledGateRules() { return {checkrein_gate_rules_begin, static_cast<size_t>(checkrein_gate_rules_end - checkrein_gate_rules_begin)}; }

}  // namespace checkrein::cli
