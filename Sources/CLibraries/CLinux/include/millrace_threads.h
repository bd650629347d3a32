// What a thread outside the cooperative pool does first.
#pragma once

// Names the calling thread (Linux keeps the first 15 bytes) and blocks every signal in it: signals
// belong to the thread that reads them for the process.
void millrace_begin_thread(const char *name);
