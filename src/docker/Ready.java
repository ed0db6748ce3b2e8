import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;

/** HEALTHCHECK for images without curl: status 0 when /readyz answers 200. */
final class Ready {
    private static final int PATIENCE_MILLIS = 4_000;

    private Ready() {}

    public static void main(String[] arguments) {
        System.exit(isReady() ? 0 : 1);
    }

    private static boolean isReady() {
        String port = System.getenv().getOrDefault("SERVER_PORT", "8080");
        try {
            HttpURLConnection answer =
                    (HttpURLConnection) new URL("http://localhost:" + port + "/readyz").openConnection();
            answer.setConnectTimeout(PATIENCE_MILLIS);
            answer.setReadTimeout(PATIENCE_MILLIS);
            return answer.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            System.err.println(e);
            return false;
        }
    }
}
