package dev.rehearse.outbound;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which servers the service may ask for its users, as {@code host:port}, so that a request cannot make it reach what its
 * sender cannot (server-side request forgery). Empty allows none.
 *
 * <p>A listed name that leads to this machine or to the link's own addresses (cloud metadata lives there) is refused,
 * unless it is listed as {@code localhost} or by its number: whoever owns the name must not choose what is behind it.
 *
 * <p>Immutable.
 */
public final class AllowedHosts {
    private static final Pattern ENTRY = Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9._-]+):(\\d{1,5})");
    private static final Pattern NUMBER = Pattern.compile("\\[.*]|\\d+(\\.\\d+){3}");

    private final Set<String> entries;

    /** @throws IllegalArgumentException for an entry that is not {@code host:port} */
    public AllowedHosts(List<String> entries) {
        this.entries = new LinkedHashSet<>();
        for (String entry : entries) {
            String lower = entry.strip().toLowerCase(Locale.ROOT);
            if (!ENTRY.matcher(lower).matches()) {
                throw new IllegalArgumentException("'" + entry + "' is not host:port, such as rewards.example.org:443");
            }
            this.entries.add(lower);
        }
    }

    /** Whether the list has the host and port of this http or https address. */
    public boolean has(URI url) {
        return entries.contains(authority(url));
    }

    /** The {@code host:port} that the list would need. */
    public static String authority(URI url) {
        int usual = "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
        return url.getHost().toLowerCase(Locale.ROOT) + ':' + (url.getPort() < 0 ? usual : url.getPort());
    }

    /** @throws IllegalArgumentException for anything but {@code http(s)://host[:port]/path}, with a query or without */
    public static void requireAddress(URI url) {
        boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!web || url.getHost() == null || url.getUserInfo() != null || url.getFragment() != null) {
            throw new IllegalArgumentException(
                    "url is '" + url + "'; it must be http(s)://host[:port]/path, without user and fragment");
        }
    }

    /** @throws NoAnswerException when it is not on the list, has no address, or leads where a name must not */
    void check(URI url) {
        if (!has(url)) {
            throw refused(authority(url) + " is not on the list of allowed servers");
        }
        String host = url.getHost().toLowerCase(Locale.ROOT);
        if (host.equals("localhost") || NUMBER.matcher(host).matches()) {
            return;
        }
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (address.isLoopbackAddress() || address.isAnyLocalAddress() || address.isLinkLocalAddress()) {
                    throw refused(host + " leads to " + address.getHostAddress()
                            + ", an address of this machine or its link; to allow that, list the number itself");
                }
            }
        } catch (UnknownHostException e) {
            throw refused(host + " has no address");
        }
    }

    private static NoAnswerException refused(String problem) {
        return new NoAnswerException(problem, NoAnswerException.Again.IN_VAIN);
    }

    @Override
    public String toString() {
        return entries.toString();
    }
}
