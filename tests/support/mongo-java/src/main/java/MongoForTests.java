import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** What speaks MongoDB's protocol, in memory, on 127.0.0.1: {@code java MongoForTests PORT}. */
public class MongoForTests {
    public static void main(String[] arguments) {
        MongoVersion version = new MongoVersion() {
            public List<Integer> getVersionArray() { return List.of(6, 0, 0, 0); }
            public int getWireVersion() { return 17; } // its own claim, 8, is too old for PyMongo 4.20
        };
        new MongoServer(new MemoryBackend().version(version)).bind("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
