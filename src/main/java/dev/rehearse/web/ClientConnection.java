package dev.rehearse.web;

import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.AbstractProcessor;
import org.apache.coyote.ActionCode;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * The connection that a request came by. Servlets hear that a client has hung up only when they write to it. Here the
 * socket is asked, whose own buffer keeps what a next request has sent already; Tomcat has no public way to it, and its
 * {@code AVAILABLE} action loses such bytes when they came together with the body. Thread-safe.
 */
public final class ClientConnection {
    private static final String ATTRIBUTE = ClientConnection.class.getName();
    private static final Field PROCESSOR = processorOfARequest();
    private static final Method SOCKET = socketOfAProcessor();

    /** Null once the answer is on its way: Tomcat then uses the object for another request. Guarded by this. */
    private org.apache.coyote.@Nullable Request request;

    private ClientConnection(org.apache.coyote.Request request) {
        this.request = request;
    }

    /** @throws IllegalStateException when the request does not come from this server's Tomcat */
    public static ClientConnection of(ServletRequest request) {
        if (request.getAttribute(ATTRIBUTE) instanceof ClientConnection connection) {
            return connection;
        }
        throw new IllegalStateException("the request did not come by the server's valve");
    }

    /** Whether the client has closed its side or the connection broke. Only of a request that was read to its end. */
    public synchronized boolean isGone() {
        org.apache.coyote.Request asked = request;
        if (asked == null) {
            return false;
        }
        try {
            // Requests of HTTP/2 share a socket that Tomcat reads itself, and hears there of streams that are given up.
            if (PROCESSOR.get(asked) instanceof Http11Processor processor) {
                ((SocketWrapperBase<?>) SOCKET.invoke(processor)).isReadyForRead();
            }
            return false;
        } catch (IOException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Tomcat does not tell a request's socket", e);
        }
    }

    private static Field processorOfARequest() {
        try {
            Field hook = org.apache.coyote.Request.class.getDeclaredField("hook");
            hook.setAccessible(true);
            return hook;
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("this Tomcat's requests do not know their processor", e);
        }
    }

    private static Method socketOfAProcessor() {
        try {
            Method socket = AbstractProcessor.class.getDeclaredMethod("getSocketWrapper");
            socket.setAccessible(true);
            return socket;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("this Tomcat's processors do not know their socket", e);
        }
    }

    /** Breaks the connection off without waiting for what has not been sent. Nothing after {@link #leave}. */
    public synchronized void abort() {
        org.apache.coyote.Request broken = request;
        if (broken != null) {
            request = null;
            broken.action(ActionCode.CLOSE_NOW, new IOException("the client is gone or does not read"));
        }
    }

    /** To be called before the answer is completed; the connection may then be another request's. Idempotent. */
    public synchronized void leave() {
        request = null;
    }

    /** Gives each request its connection. */
    static final class Valve extends ValveBase {
        Valve() {
            super(true);
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            request.setAttribute(ATTRIBUTE, new ClientConnection(request.getCoyoteRequest()));
            getNext().invoke(request, response);
        }
    }
}
