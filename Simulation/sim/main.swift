internal import Glibc
internal import SimulationConsole

exit(SimulatorConsole.run(Array(CommandLine.arguments.dropFirst())))
