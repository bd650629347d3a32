import Domain
import Testing

@Suite struct WorkflowGraphTests {
  private static let graph: WorkflowGraph = {
    func task(_ name: String, _ needs: [Need] = []) -> TaskDefinition {
      TaskDefinition(
        name: TaskName(unchecked: name), needs: needs, work: .run(argv: [Template(text: "x")]))
    }
    let lint = TaskName(unchecked: "lint")
    let test = TaskName(unchecked: "test")
    var each = task("test")
    each.forEach = ForEach(
      items: Expression(
        source: "[1,2]", root: ExpressionNode(.literal(.array([.integer(1), .integer(2)])), at: 0)))
    return WorkflowGraph(
      of: WorkflowDefinition(
        namespace: .default, name: WorkflowName(unchecked: "build"),
        tasks: [task("lint"), task("ship", [Need(lint, .any), Need(test)]), each],
        finally: [task("end")]))
  }()

  @Test func `layers hold what could start together`() {
    #expect(
      WorkflowGraphTests.graph.layers.map { $0.map(\.text) } == [["lint", "test"], ["ship"]])
    #expect(WorkflowGraphTests.graph.finalLayers.map { $0.map(\.text) } == [["end"]])
  }

  @Test func `text has one line per task`() {
    #expect(
      WorkflowGraphTests.graph.text == """
        default/build
          1       lint
                  test  for each of 2 items
          2       ship  after lint (any), test
          finally end

        """)
  }

  @Test func `mermaid and dot draw the same graph`() {
    #expect(
      WorkflowGraphTests.graph.mermaid == """
        flowchart LR
          t_lint["lint"]
          t_ship["ship"]
          t_lint -. any .-> t_ship
          t_test --> t_ship
          t_test["test ×n"]
          subgraph finally
            t_end["end"]
          end

        """)
    #expect(
      WorkflowGraphTests.graph.dot == """
        digraph "build" {
          rankdir=LR;
          node [shape=box];
          "lint";
          "ship";
          "lint" -> "ship" [style=dashed, label="any"];
          "test" -> "ship";
          "test" [peripheries=2];
          subgraph cluster_finally {
            label="finally";
            "end";
          }
        }

        """)
  }
}
