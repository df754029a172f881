#include "cedar/evaluate.h"

#include "cedar/interpreter.h"

namespace checkrein::cedar {

Result<Value> Evaluate(const Ast& ast, NodeId root, const Request& request, const Entities& entities) {
  Lines lines;
  Scratch scratch;
  entities.FindLine(request.principal, &lines.principal);
  entities.FindLine(request.action, &lines.action);
  entities.FindLine(request.resource, &lines.resource);
  return Interpreter(request, entities, &lines, &scratch).Compute(ast, root);
}

}  // namespace checkrein::cedar
