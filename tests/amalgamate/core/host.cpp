// The host's program around tests/freestanding/freestanding.cpp, whose main has become `firmware`.
int firmware();

int main() { return firmware(); }
