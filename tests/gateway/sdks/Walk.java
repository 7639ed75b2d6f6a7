import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import com.stripe.model.checkout.Session;
import com.stripe.param.checkout.SessionListParams;
import java.util.ArrayList;
import java.util.List;

public class Walk {
  // Walks with each token, by pages of as many sessions as stands behind it. Writes a line of JSON for each.
  public static void main(String[] arguments) throws Exception {
    for (int at = 1; at < arguments.length; at += 2) {
      walk(arguments[0], arguments[at], Long.parseLong(arguments[at + 1]));
    }
  }

  private static void walk(String base, String token, long limit) throws Exception {
    StripeClient client = StripeClient.builder().setApiKey(token).setApiBase(base).build();
    List<String> forward = new ArrayList<>();
    for (Session session :
        client.v1().checkout().sessions()
            .list(SessionListParams.builder().setLimit(limit).build())
            .autoPagingIterable()) {
      forward.add(session.getId());
    }
    String last = forward.get(forward.size() - 1);
    List<String> page = new ArrayList<>();
    for (Session session :
        client.v1().checkout().sessions()
            .list(SessionListParams.builder().setLimit(limit).setEndingBefore(last).build())
            .getData()) {
      page.add(session.getId());
    }
    Session again = client.v1().checkout().sessions().retrieve(forward.get(0));
    String missing = "";
    int status = 0;
    try {
      client.v1().checkout().sessions().retrieve("cs_test_nothing");
    } catch (StripeException error) {
      missing = error.getClass().getSimpleName() + " " + error.getCode();
      status = error.getStatusCode();
    }
    System.out.println("{\"forward\":" + json(forward) + ",\"backward\":" + json(page)
        + ",\"again\":\"" + again.getId() + "\",\"created\":" + again.getCreated()
        + ",\"missing\":\"" + missing + "\",\"status\":" + status + "}");
  }

  private static String json(List<String> ids) {
    return "[\"" + String.join("\",\"", ids) + "\"]";
  }
}
