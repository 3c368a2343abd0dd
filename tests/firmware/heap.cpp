// A firmware that allocates if it is told to; no_heap.sh proves that then it does not link.
#ifdef ALLOCATE
int* volatile kept;
#endif

int main() {
#ifdef ALLOCATE
    kept = new int;
#endif
    return 3;
}
