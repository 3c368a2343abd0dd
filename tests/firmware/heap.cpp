// A firmware that allocates if ALLOCATE is defined. no_heap.sh checks that it does not link then.
#ifdef ALLOCATE
int* volatile kept;
#endif

int main() {
#ifdef ALLOCATE
    kept = new int;
#endif
    return 3;
}
