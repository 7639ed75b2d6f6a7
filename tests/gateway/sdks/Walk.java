import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import com.stripe.model.checkout.Session;
import com.stripe.param.checkout.SessionListParams;
import java.util.ArrayList;
import java.util.List;

public class Walk {
  public static void main(String[] arguments) throws Exception {
    StripeClient client =
        StripeClient.builder().setApiKey(arguments[1]).setApiBase(arguments[0]).build();
    List<String> forward = new ArrayList<>();
    for (Session session :
        client.v1().checkout().sessions()
            .list(SessionListParams.builder().setLimit(7L).build())
            .autoPagingIterable()) {
      forward.add(session.getId());
    }
    String last = forward.get(forward.size() - 1);
    List<String> page = new ArrayList<>();
    for (Session session :
        client.v1().checkout().sessions()
            .list(SessionListParams.builder().setLimit(7L).setEndingBefore(last).build())
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
