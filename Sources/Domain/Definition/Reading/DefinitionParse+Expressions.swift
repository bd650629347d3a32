// How expressions and templates are read, and where in the file their faults are.

/// What the expressions of one place may name.
struct ExpressionScope {
  var context: ExpressionContext
  /// Which task the place belongs to, as a node of the graph; nil outside tasks.
  var task: Int?
  /// The secrets that may be named here; nil where none may.
  var secrets: SortedSet<SecretName>?
}

extension DefinitionParse {
  /// An expression, with or without `${{ }}` around it.
  mutating func expression(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> (Expression, ValueType)? {
    guard let text = text(cursor, bytesMax: limits.argumentBytesMax) else { return nil }
    let (source, start) = DefinitionParse.withoutBraces(text)
    return expression(source, in: scope, of: cursor) { offset in
      cursor.position(ofScalar: start + offset)
    }
  }

  /// The text inside the braces when they enclose all of it, and where it starts.
  private static func withoutBraces(_ text: String) -> (String, Int) {
    let scalars = Array(text.unicodeScalars)
    let blanks = scalars.prefix { $0.properties.isWhitespace }.count
    let end = scalars.count - scalars.reversed().prefix { $0.properties.isWhitespace }.count
    let inner = scalars.prefix(end).dropFirst(blanks)
    guard inner.count >= 5, inner.starts(with: ["$", "{", "{"]),
      inner.suffix(2).elementsEqual(["}", "}"])
    else { return (text, 0) }
    let source = inner.dropFirst(3).dropLast(2)
    return (String(String.UnicodeScalarView(source)), blanks + 3)
  }

  mutating func template(
    _ cursor: SourceCursor, in scope: ExpressionScope, bytesMax: Int
  ) -> Template? {
    guard let text = text(cursor, bytesMax: bytesMax) else { return nil }
    return template(text, in: scope, of: cursor) { $0 }
  }

  /// A template that is a part of a scalar's text; `origin` says where its scalars stand there.
  mutating func template(
    _ text: String, in scope: ExpressionScope, of cursor: SourceCursor, _ origin: (Int) -> Int
  ) -> Template? {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return Template(text: text) }
    var scanner = TemplateScanner(text)
    var parts: [Template.Part] = []
    var isSound = true
    do {
      while let piece = try scanner.next() {
        switch piece {
        case .text(let text):
          parts.append(.text(text))
        case .expression(let source, let start):
          if let declared = scope.secrets, let text = SecretReference.name(in: source) {
            let place = cursor.position(ofScalar: origin(start))
            let name = secret(text, among: declared, of: cursor, at: place)
            if let name { parts.append(.secret(name)) } else { isSound = false }
            continue
          }
          let place = { offset in cursor.position(ofScalar: origin(start + offset)) }
          let read = expression(source, in: scope, of: cursor, place)
          if let read { parts.append(.expression(read.0)) } else { isSound = false }
        }
      }
    } catch {
      report(error, at: cursor.position(ofScalar: origin(error.offset)), of: cursor)
      return nil
    }
    return isSound ? Template(parts) : nil
  }

  /// A value with templates at its texts.
  mutating func valueTemplate(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> ValueTemplate? {
    // Walking the tree gives faults their places; the value itself is then read in one go.
    guard checkTemplates(cursor, in: scope), let value = value(cursor) else { return nil }
    do {
      return try ValueTemplate.parse(value)
    } catch {
      report(error, at: cursor.position, of: cursor)
      return nil
    }
  }

  /// What goes into a task by value is bounded as inputs are.
  mutating func judgeWeight(_ cursor: SourceCursor) {
    let bytes = cursor.node.weight
    guard bytes > limits.inputsBytesMax else { return }
    report(
      Fault(
        "too-long",
        "\(cursor.name) has \(bytes) bytes; at most \(limits.inputsBytesMax) are allowed",
        hint: "shorten it, or bring long texts in through files"),
      at: cursor.ownerPosition, of: cursor)
  }

  private mutating func checkTemplates(_ cursor: SourceCursor, in scope: ExpressionScope) -> Bool {
    var isSound = true
    for item in cursor.items ?? [] where !checkTemplates(item, in: scope) { isSound = false }
    for member in cursor.members ?? [] where !checkTemplates(member.value, in: scope) {
      isSound = false
    }
    if let scalar = cursor.scalar, !scalar.isNull {
      isSound = template(cursor, in: scope, bytesMax: limits.environmentValueBytesMax) != nil
    }
    return isSound
  }

  /// Reads the source of an expression and judges its names and types; `place` gives the position
  /// in the file of an offset in the source.
  private mutating func expression(
    _ source: String, in scope: ExpressionScope, of cursor: SourceCursor,
    _ place: (Int) -> SourcePosition
  ) -> (Expression, ValueType)? {
    var faultShift = 0
    do {
      let expression = try ExpressionParser.parse(source)
      // Faults of names and types count from the first scalar of the expression itself.
      faultShift = source.unicodeScalars.prefix { $0.properties.isWhitespace }.count
      var context = scope.context
      for name in expression.references {
        switch visibility(of: name, from: scope.task) {
        case .visible(let outputs):
          context.tasks[name] = outputs
        case .fault(let fault):
          let offset = expression.offset(of: name) ?? 0
          report(fault, at: place(faultShift + offset), of: cursor)
          return nil
        }
      }
      return (expression, try ExpressionParser.check(expression, in: context))
    } catch {
      report(error, at: place(faultShift + error.offset), of: cursor)
      return nil
    }
  }

  private mutating func report(
    _ fault: ExpressionFault, at position: SourcePosition, of cursor: SourceCursor
  ) {
    report(Fault(fault.code, fault.message, hint: fault.hint), at: position, of: cursor)
  }
}

extension Expression {
  /// Where the task `name` is named first.
  fileprivate func offset(of name: TaskName) -> Int? {
    var pending = [root]
    var found: Int?
    while let node = pending.popLast() {
      switch node.kind {
      case .outcome(name), .outputs(name): found = min(found ?? .max, node.offset)
      default: pending += node.children
      }
    }
    return found
  }
}
