// DICOM peers made with the npm package dcmjs-dimse: what DCMTK's tools do not do.
//   node peer.js server PORT [HOST PORT]    answers; sends storage commitment reports to HOST PORT when given,
//                                           else on the association on which they were asked for
//   node peer.js TASK HOST PORT CALLING CALLED
// Tasks: echo, identity, many (three C-FIND at a time), steps (N-CREATE and N-SET of a performed procedure
// step), commit (storage commitment), cancel (C-FIND that is cancelled), info (N-GET, N-DELETE).
const dimse = require('dcmjs-dimse');
const { Client, Server, Scp, Dataset, PresentationContext } = dimse;
const {
  CEchoRequest, CFindRequest, NCreateRequest, NSetRequest, NActionRequest, NEventReportRequest, NGetRequest,
  NDeleteRequest,
} = dimse.requests;
const {
  CEchoResponse, CFindResponse, CStoreResponse, NCreateResponse, NSetResponse, NActionResponse,
  NEventReportResponse, NGetResponse, NDeleteResponse,
} = dimse.responses;
const { PresentationContextResult, Status, UserIdentityType } = dimse.constants;

const COMMIT = '1.2.840.10008.1.20.1';
const COMMIT_INSTANCE = '1.2.840.10008.1.20.1.1';
const MPPS = '1.2.840.10008.3.1.2.3.3';
const PRINTER = '1.2.840.10008.5.1.1.16';
const PRINTER_INSTANCE = '1.2.840.10008.5.1.1.17';
const CT = '1.2.840.10008.5.1.4.1.1.2';
const ROOT = '1.2.826.0.1.3680043.9.7433.77';
const EXPLICIT = '1.2.840.10008.1.2.1';

const patients = [
  { SpecificCharacterSet: 'ISO_IR 192', PatientName: 'CANARY^TARO', PatientID: 'CANARY0001' },
  { SpecificCharacterSet: 'ISO_IR 192', PatientName: '金糸雀^太郎', PatientID: 'CANARY0002' },
  { SpecificCharacterSet: 'ISO_IR 192', PatientName: 'キャナリー^タロウ', PatientID: 'CANARY0003' },
];
const instances = [1, 2, 3].map((n) => ({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: `${ROOT}.1.1.${n}` }));

const later = (ms, what) => setTimeout(what, ms);
const data = (request, elements) => {
  request.setDataset(new Dataset(elements, EXPLICIT));
  return request;
};
const good = (Response, request) => {
  const response = Response.fromRequest(request);
  response.setStatus(Status.Success);
  return response;
};

const report = () => data(new NEventReportRequest(COMMIT, COMMIT_INSTANCE, 2), {
  TransactionUID: `${ROOT}.9`,
  FailedSOPSequence: [{ ...instances[2], FailureReason: 0x0112 }],
  ReferencedSOPSequence: instances.slice(0, 2),
});

// The reporting side is the provider: role selection turns the default round (PS3.4 J.3.3).
const sendReport = (host, port) => {
  const client = new Client();
  client.addRequest(report());
  const context = new PresentationContext(1, COMMIT);
  context.addTransferSyntaxUid(EXPLICIT);
  context.setUserRole(false);
  context.setProviderRole(true);
  client.addAdditionalPresentationContext(context);
  client.send(host, port, 'PACS1', 'CT01');
};

class Peer extends Scp {
  associationRequested(association) {
    association.getPresentationContexts().forEach(({ id }) => {
      const context = association.getPresentationContext(id);
      context.setResult(PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
    });
    if (association.getUserIdentityPositiveResponseRequested()) {
      association.setNegotiateUserIdentityServerResponse(true);
      association.setUserIdentityServerResponse('');
    }
    this.sendAssociationAccept();
  }

  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }

  cEchoRequest(request, done) {
    done(good(CEchoResponse, request));
  }

  cStoreRequest(request, done) {
    done(good(CStoreResponse, request));
  }

  // Answers to several queries take turns.
  cFindRequest(request) {
    let open = true;
    const answer = (status, elements) => {
      if (!open) return;
      const response = CFindResponse.fromRequest(request);
      open = status === Status.Pending && !this.cancelled;
      response.setStatus(this.cancelled ? Status.Cancel : status);
      if (open) response.setDataset(new Dataset(elements, EXPLICIT));
      this.sendResponse(request, response);
    };
    patients.forEach((patient, n) => later(20 + 60 * n, () => answer(Status.Pending, { QueryRetrieveLevel: 'STUDY', ...patient })));
    later(260, () => answer(Status.Success));
  }

  cCancelRequest() {
    this.cancelled = true;
  }

  nCreateRequest(request, done) {
    done(good(NCreateResponse, request));
  }

  nSetRequest(request, done) {
    done(good(NSetResponse, request));
  }

  nActionRequest(request, done) {
    done(good(NActionResponse, request));
    const [, , , , host, port] = process.argv;
    later(100, () => (host ? sendReport(host, parseInt(port, 10)) : this.sendRequests(report())));
  }

  nEventReportRequest(request, done) {
    done(good(NEventReportResponse, request));
  }

  nGetRequest(request, done) {
    const response = good(NGetResponse, request);
    response.setDataset(new Dataset({ PrinterStatus: 'NORMAL', PrinterName: 'FILM1' }, EXPLICIT));
    done(response);
  }

  nDeleteRequest(request, done) {
    const response = NDeleteResponse.fromRequest(request);
    response.setStatus(0x0112);
    done(response);
  }
}

const step = {
  ScheduledStepAttributesSequence: [{
    StudyInstanceUID: `${ROOT}.1`, AccessionNumber: 'ACC00001', RequestedProcedureID: 'RP1',
    RequestedProcedureDescription: 'CHEST CT', ScheduledProcedureStepID: 'SPS1',
  }],
  SpecificCharacterSet: 'ISO_IR 192', Modality: 'CT', PatientName: '金糸雀^太郎', PatientID: 'CANARY0002',
  PatientBirthDate: '19600102', PatientSex: 'M', StudyID: '1',
  PerformedStationAETitle: 'CT01', PerformedStationName: 'CT-01', PerformedProcedureStepID: 'PPS1',
  PerformedProcedureStepStartDate: '20260105', PerformedProcedureStepStartTime: '090000',
  PerformedProcedureStepStatus: 'IN PROGRESS',
};

const tasks = {
  echo: () => [new CEchoRequest()],
  identity: () => [new CEchoRequest()],
  many: (client) => {
    const find = () => CFindRequest.createStudyFindRequest({ PatientName: 'CANARY*', StudyDate: '' });
    // the client itself waits for each answer
    client.on('associationAccepted', () => [1, 2].forEach((n) => later(10 * n, () => client.network.sendRequests(find()))));
    return [find()];
  },
  cancel: (client) => {
    const find = CFindRequest.createStudyFindRequest({ PatientID: 'CANARY0001' });
    find.once('response', () => client.cancel(find));
    return [find];
  },
  steps: () => [
    data(new NCreateRequest(MPPS, `${ROOT}.8`), step),
    data(new NSetRequest(MPPS, `${ROOT}.8`), {
      PerformedProcedureStepStatus: 'COMPLETED', PerformedProcedureStepEndDate: '20260105',
      PerformedProcedureStepEndTime: '091500',
    }),
  ],
  commit: () => [data(new NActionRequest(COMMIT, COMMIT_INSTANCE, 1), {
    TransactionUID: `${ROOT}.9`, ReferencedSOPSequence: instances,
  })],
  info: () => [
    new NGetRequest(PRINTER, PRINTER_INSTANCE, ['PrinterStatus', 'PrinterName']),
    new NDeleteRequest('1.2.840.10008.5.1.1.1', `${ROOT}.7`),
  ],
};

const [, , task, ...rest] = process.argv;
if (task === 'server') {
  new Server(Peer).listen(parseInt(rest[0], 10));
} else {
  const client = new Client();
  tasks[task](client).forEach((r) => client.addRequest(r));
  client.on('networkError', (e) => {
    console.error(String(e));
    process.exit(task === 'many' ? 0 : 1); // its three answers release the association three times
  });
  if (task === 'commit') // the report may come on this association
    client.on('nEventReportRequest', (request, done) => done(good(NEventReportResponse, request)));
  client.send(rest[0], parseInt(rest[1], 10), rest[2], rest[3], {
    associationLingerTimeout: { commit: 1000, many: 500 }[task] || 0,
    asyncOps: task === 'many' ? { maxAsyncOpsInvoked: 3, maxAsyncOpsPerformed: 3 } : undefined,
    userIdentity: task !== 'identity' ? undefined : {
      type: UserIdentityType.UsernameAndPasscode, positiveResponseRequested: true, primaryField: 'CANARY',
      secondaryField: 'CANARY-secret',
    },
  });
}
